/** A restart in the middle of a session: of the Worker, as with a deployment, which the children outlive; and of the bridge. */
import { beforeAll, describe, expect, it } from "vitest";
import { EventReader } from "../support/sse.ts";
import { nextMessage, readMessages } from "../support/wire.ts";
import { type App, eventually, initialize, newApp, type Session, textOf, toolCall } from "./app.ts";
import { childCommand, stdioForTest, useStdio } from "./door.ts";
import { isRunning } from "./processes.ts";

const LATE = '{"jsonrpc":"2.0","id":$ID,"result":{"content":[{"type":"text","text":"late"}]}}';

/** Calls a tool, and reads no further than to the event with which its stream begins. */
async function begin(session: Session, ...call: Parameters<typeof toolCall>): Promise<string> {
	const { response } = session.connect("POST", toolCall(...call));
	return (await new EventReader(await response).next())?.id ?? "";
}

describe("after a restart of the Worker", () => {
	const stdio = useStdio({ command: childCommand("fake"), bridgeEnv: { STDIO_KEEP_SECONDS: "20" } });

	/** What was open before. */
	async function open() {
		const apps = await Promise.all(Array.from({ length: 5 }, () => newApp(stdio)));
		const [one, other, third, stateless, sse] = apps as [App, App, App, App, App];
		const [session, holding, late] = await Promise.all([one, other, third].map((app) => app.open()));
		if (!session || !holding || !late) throw new Error("No sessions");
		const pids = { session: await session.pid(), holding: await holding.pid(), late: await late.pid() };
		await stateless.pidStateless();
		return { session, holding, late, pids, stateless, sse, ssePid: await (await sse.openSse()).pid() };
	}
	let before: Awaited<ReturnType<typeof open>>;
	const calls = { held: "", late: "" };
	beforeAll(async () => {
		before = await open();
		calls.held = await begin(before.holding, 1, "hold");
		await eventually(() => expect(stdio.stderrOf(before.pids.holding)).toContain("holds 1"));
		calls.late = await begin(before.late, 1, "later", { milliseconds: 300, lines: [LATE] });
		await eventually(() => expect(stdio.stderrOf(before.pids.late)).toContain("later"));
		await stdio.restartWorker();
	});

	it.concurrent("a session goes on with the same child, which was not initialized again", async () => {
		const { session, pids } = before;
		expect(await session.pid()).toBe(pids.session);
		const methods = (await session.heard()).map((line) => JSON.parse(line).method);
		expect(methods.filter((method) => method === "initialize")).toHaveLength(1);
		expect((await session.end()).ok).toBe(true);
		await eventually(() => expect(isRunning(pids.session)).toBe(false));
	});

	it.concurrent("a call that was running gets its answer, once, on the stream with which its client goes on", async () => {
		const again = new EventReader(await before.holding.listen(calls.held));
		await readMessages(await before.holding.call(2, "release"));
		expect(await nextMessage(again)).toMatchObject({ id: 1, result: { content: [{ text: "was held" }] } });
		expect(await again.next()).toBeUndefined();
	});

	it.concurrent("what a child answered while there was no Worker is not lost", async () => {
		const answer = await nextMessage(new EventReader(await before.late.listen(calls.late)));
		expect([answer.id, textOf(answer)]).toEqual([1, "late"]);
	});

	it.concurrent("a client without a session goes on", async () => {
		expect(textOf(await before.stateless.callStateless("big", { bytes: 3 }))).toBe("xxx");
	});

	it.concurrent("a client over HTTP+SSE opens another session", async () => {
		const session = await before.sse.openSse();
		expect(await session.pid()).not.toBe(before.ssePid);
		session.close();
	});
});

it("a child to which nobody comes back ends, and so has its session", async () => {
	const stdio = await stdioForTest({ command: childCommand("fake"), bridgeEnv: { STDIO_KEEP_SECONDS: "1" } });
	const app = await newApp(stdio);
	const [session, sse] = [await app.open(), await app.openSse()];
	const pids = [await session.pid(), await sse.pid()];
	await stdio.stopWorker();
	await eventually(() => expect(pids.filter(isRunning)).toEqual([]));
	await stdio.restartWorker();
	expect((await session.call(1, "environment")).status).toBe(404);
	expect((await sse.post(toolCall(1, "environment"))).status).toBe(404);
});

it("a bridge that is not running is explained, and so is the end of what it ran", async () => {
	const stdio = await stdioForTest({ command: childCommand("fake") });
	const app = await newApp(stdio);
	const session = await app.open();
	const call = await session.call(1, "hang");
	await eventually(() => expect(stdio.events("child_stderr")).toHaveLength(1));
	await stdio.stopBridge();
	expect(await readMessages(call)).toMatchObject([{ id: 1, error: { code: -32000 } }]);
	expect((await session.call(2, "environment")).status).toBeOneOf([404, 503]);
	for (const refused of [await app.post(initialize()), await app.stateless("tools/list")]) {
		expect([refused.status, Number(refused.headers.get("Retry-After"))]).toEqual([503, expect.any(Number)]);
		const { error } = JSON.parse(await refused.text());
		expect(error.message).toMatch(/^The stdio server does not answer\. Try again .*request ID \S+\.$/);
		expect(error.message).not.toMatch(/ECONN|127\.0\.0\.1/);
	}
});
