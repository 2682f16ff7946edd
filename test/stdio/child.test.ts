/** Children that do not behave. */
import { describe, expect, it } from "vitest";
import { readMessages } from "../support/wire.ts";
import { type App, appOf, eventually, initialize, newApp, textOf } from "./app.ts";
import { childCommand, stdioForTest, useStdio } from "./door.ts";
import { isRunning } from "./processes.ts";

const ENDED = "The MCP server ended (exit code 3). Connect again.";

/** A command for each of some users, and one for everybody else. */
function ofUsers(own: Record<string, readonly string[]>, other: readonly string[]): string[] {
	const cases = [...Object.entries(own), ["*", other] as const].map(([user, words]) => {
		return `${user}*) exec ${words.map((word) => `'${word}'`).join(" ")};;`;
	});
	return ["sh", "-c", `case $MCP_USER_LOGIN in ${cases.join(" ")} esac`];
}

/** Expects that it is said to every kind of client why there is no child. @returns how it is said */
async function expectNoChild(app: App, reason: string): Promise<void> {
	const message = expect.stringContaining(reason);
	const response = await app.post(initialize());
	expect(response.status).toBeOneOf([200, 502, 503]);
	expect(response.headers.get("Mcp-Session-Id")).toBeNull();
	expect(await readMessages(response)).toMatchObject([{ id: 0, error: { code: -32000, message } }]);
	await expect(app.openSse()).rejects.toThrow(reason);
	expect(await app.callStateless("environment")).toMatchObject({ id: 1, error: { message } });
}

describe("a child", () => {
	const stdio = useStdio({
		command: ofUsers({ "ends-at-once": ["sh", "-c", "read line; exit 7"] }, childCommand("fake")),
	});

	it.concurrent("that ends in mid-call ends its session: every call is answered", async () => {
		const session = await (await newApp(stdio)).open();
		const hanging = await session.call(1, "hang");
		const ending = await session.call("two", "exit", { code: 3 });
		const error = { code: -32000, message: ENDED };
		expect(await readMessages(hanging)).toEqual([{ jsonrpc: "2.0", id: 1, error }]);
		expect(await readMessages(ending)).toEqual([{ jsonrpc: "2.0", id: "two", error }]);
		const refused = await session.call(3, "environment");
		expect([refused.status, await refused.json()]).toMatchObject([404, { error: { code: -32001 } }]);
	});

	it.concurrent("that is killed in mid-call says so", async () => {
		const session = await (await newApp(stdio)).open();
		const pid = await session.pid();
		const call = await session.call(1, "hang");
		await eventually(() => expect(stdio.stderrOf(pid)).toContain("hangs"));
		process.kill(pid, "SIGKILL");
		const message = "The MCP server ended (SIGKILL). Connect again.";
		expect(await readMessages(call)).toMatchObject([{ id: 1, error: { code: -32000, message } }]);
	});

	it.concurrent("that ends when nothing is asked of it ends its session", async () => {
		const session = await (await newApp(stdio)).open();
		const stream = await session.listen();
		process.kill(await session.pid(), "SIGKILL");
		expect(await readMessages(stream)).toEqual([]);
		expect((await session.call(1, "environment")).status).toBe(404);
		expect((await session.listen()).status).toBe(404);
	});

	it.concurrent("that ends before the session of another does not touch that", async () => {
		const app = await newApp(stdio);
		const [one, other] = [await app.open(), await app.open()];
		await one.ask("exit", { code: 3 });
		expect(textOf(await other.ask("big", { bytes: 3 }))).toBe("xxx");
	});

	it.concurrent("that writes garbage goes on; the garbage goes to the log, shortened", async () => {
		const session = await (await newApp(stdio)).open();
		expect(textOf(await session.ask("garbage"))).toBe("still here");
		const last = await stdio.event("child_garbage", ({ line }) => String(line).startsWith("zzz"));
		expect(last.line).toMatch(/^z{300}… \(5001 bytes\)$/);
		expect(stdio.events("child_garbage").map(({ line }) => line)).toContain("no JSON");
	});

	it.concurrent("has its stderr in the log, line by line", async () => {
		const session = await (await newApp(stdio)).open();
		const pid = await session.pid();
		await session.ask("announce");
		await eventually(() => expect(stdio.stderrOf(pid)).toEqual(["announced"]));
	});

	it.concurrent("is told by a client that cancels, and the call has no answer", async () => {
		const session = await (await newApp(stdio)).open();
		const pid = await session.pid();
		const call = await session.call(7, "hang");
		await eventually(() => expect(stdio.stderrOf(pid)).toContain("hangs"));
		const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } };
		expect((await session.post(cancelled)).status).toBe(202);
		expect(await readMessages(call)).toEqual([]);
		await eventually(() => expect(stdio.stderrOf(pid)).toContain("cancelled 7"));
	});

	it.concurrent("that ends at once is reported to clients of every kind, and in the log", async () => {
		const app = await appOf(stdio, "ends-at-once@example.com");
		await expectNoChild(app, "exit code 7");
		await stdio.event("child_end", ({ reason }) => String(reason).includes("exit code 7"));
	});
});

it("a child that is not there is reported to clients of every kind, and in the log", async () => {
	const stdio = await stdioForTest({ command: ["/nowhere/to-be-found"] });
	await expectNoChild(await newApp(stdio), "ENOENT");
	await stdio.event("child_end", ({ reason }) => String(reason).includes("ENOENT"));
});

describe("a child that does not answer in time", () => {
	const stdio = useStdio({
		command: ofUsers({ silent: childCommand("silent") }, childCommand("stubborn")),
		settings: { CALL_TIMEOUT_SECONDS: "1", LONG_CALL_TIMEOUT_SECONDS: "1" },
	});

	it.concurrent("is given up", async () => {
		const app = await appOf(stdio, "silent@example.com");
		await expectNoChild(app, "1 s");
	});

	it.concurrent("ends, also if it does not want to, and so does what it has started", async () => {
		const app = await appOf(stdio, "stubborn@example.com");
		const opening = app.post(initialize());
		const { line } = await stdio.event("child_stderr", ({ line }) => String(line).startsWith("grandchild"));
		const pid = Number(String(line).split(" ")[1]);
		expect(isRunning(pid)).toBe(true);
		await (await opening).text();
		await eventually(() => expect(isRunning(pid)).toBe(false));
		await eventually(() => expect(stdio.running()).toEqual([]));
	});
});
