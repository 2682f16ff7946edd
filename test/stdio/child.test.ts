/** Children that do not behave. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bridge, bridgeForTest, childCommand, isRunning, startBridge, waitFor } from "./bridge.ts";
import { INITIALIZE, messagesOf, openSession, send, toolCall } from "./raw.ts";

/** A bridge that several tests share. */
let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({ command: childCommand("fake") });
});
afterAll(() => bridge.stop());

async function callOnce({ origin }: Bridge, name: string, args: object = {}) {
	const session = await openSession(origin);
	return { session, messages: await messagesOf(await send(origin, toolCall(1, name, args), { session })) };
}

describe("a child", () => {
	it("that ends in mid-call ends its session: every call is answered", async () => {
		const { origin } = bridge;
		const session = await openSession(origin);
		const hanging = await send(origin, toolCall(1, "hang"), { session });
		const ending = await send(origin, toolCall(2, "exit", { code: 3 }), { session });
		const error = { code: -32000, message: "The MCP server ended (exit code 3). Connect again." };
		expect(await messagesOf(hanging)).toEqual([{ jsonrpc: "2.0", id: 1, error }]);
		expect(await messagesOf(ending)).toEqual([{ jsonrpc: "2.0", id: 2, error }]);
		expect((await send(origin, toolCall(3, "hang"), { session })).status).toBe(404);
	});

	it("that is killed in mid-call says so", async () => {
		const { origin, event } = bridge;
		const session = await openSession(origin);
		const call = await send(origin, toolCall(1, "hang"), { session });
		await event("child_stderr", (one) => one.session === session && one.line === "hangs");
		process.kill(Number((await event("child_start", (one) => one.session === session)).pid), "SIGKILL");
		const message = "The MCP server ended (SIGKILL). Connect again.";
		expect(await messagesOf(call)).toMatchObject([{ id: 1, error: { code: -32000, message } }]);
	});

	it("that writes garbage goes on; the garbage goes to the log, shortened", async () => {
		const { messages } = await callOnce(bridge, "garbage");
		expect(messages).toMatchObject([{ result: { content: [{ text: "still here" }] } }]);
		const last = await bridge.event("child_garbage", ({ line }) => String(line).startsWith("zzz"));
		expect(last.line).toMatch(/^z{300}… \(5000 characters\)$/);
		const garbage = bridge.events("child_garbage");
		expect(garbage).toHaveLength(6);
		expect(garbage[0]).toMatchObject({ line: "no JSON" });
	});

	it("may answer with several megabytes on one line", async () => {
		const bytes = 8 * 1024 * 1024;
		const { messages } = await callOnce(bridge, "big", { bytes });
		expect(messages).toMatchObject([{ result: { content: [{ text: "x".repeat(bytes) }] } }]);
	});

	it("may be sent several megabytes", async () => {
		const { origin } = bridge;
		const session = await openSession(origin);
		const padding = "y".repeat(8 * 1024 * 1024);
		const response = await send(origin, toolCall(1, "big", { bytes: 1, padding }), { session });
		expect(await messagesOf(response)).toMatchObject([{ result: { content: [{ text: "x" }] } }]);
	});

	it("that never answers is given up", async () => {
		const flags = ["--initialize-seconds", "0.3"];
		const { origin, event } = await bridgeForTest({ command: childCommand("silent"), flags });
		const message = "The MCP server did not answer within 0.3 seconds.";
		expect(await messagesOf(await send(origin, INITIALIZE))).toMatchObject([
			{ id: 0, error: { code: -32000, message } },
		]);
		const { pid } = await event("child_start");
		await waitFor("the child to end", () => !isRunning(pid));
	});

	it.each([
		["is not there", ["/nowhere/to-be-found"], "ENOENT"],
		["ends at once", [process.execPath, "-e", "process.exit(7)"], "exit code 7"],
	])("that %s is reported to the client and in the log", async (_, command, reason) => {
		const bridge = await bridgeForTest({ command });
		const message = expect.stringContaining(reason);
		const response = await send(bridge.origin, INITIALIZE);
		expect(await messagesOf(response)).toMatchObject([{ id: 0, error: { code: -32000, message } }]);
		expect((await bridge.event("child_end")).reason).toEqual(message);
	});

	it("has its stderr in the log, line by line", async () => {
		const { session } = await callOnce(bridge, "announce");
		expect(await bridge.event("child_stderr", (one) => one.session === session)).toMatchObject({ line: "announced" });
	});

	it("is told by a client that cancels", async () => {
		const { origin, event } = bridge;
		const session = await openSession(origin);
		const call = await send(origin, toolCall(7, "hang"), { session });
		const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } };
		expect((await send(origin, cancelled, { session })).status).toBe(202);
		expect(await messagesOf(call)).toEqual([]);
		await event("child_stderr", ({ line }) => line === "cancelled 7");
	});
});

describe("the bridge", () => {
	it("ends all of a child that does not want to end, with what the child has started", async () => {
		const { origin, event, stop } = await startBridge({ command: childCommand("stubborn") });
		const call = await send(origin, INITIALIZE);
		const { line } = await event("child_stderr", ({ line }) => String(line).startsWith("grandchild"));
		const pids = [(await event("child_start")).pid, Number(String(line).split(" ")[1])];
		expect(pids.map(isRunning)).toEqual([true, true]);
		expect(await stop("SIGINT")).toBe(0);
		await waitFor("all of it to end", () => !pids.some(isRunning));
		expect(await messagesOf(call)).toMatchObject([{ error: { message: expect.stringContaining("being stopped") } }]);
	});

	it("takes its command from the environment", async () => {
		const STDIO_COMMAND = childCommand("fake")
			.map((word) => `'${word}'`)
			.join(" ");
		const { messages } = await callOnce(await bridgeForTest({ env: { STDIO_COMMAND } }), "big", { bytes: 2 });
		expect(messages).toMatchObject([{ id: 1, result: {} }]);
	});

	it("does not start without a command", async () => {
		await expect(startBridge({ env: { STDIO_COMMAND: "" } })).rejects.toThrow("No command to run was given");
	});
});
