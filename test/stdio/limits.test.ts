/** How many children there may be, and how long one lives that nobody uses. */
import { describe, expect, it } from "vitest";
import { readMessages } from "../support/wire.ts";
import { type App, eventually, initialize, newApp } from "./app.ts";
import { childCommand, useStdio } from "./door.ts";
import { isRunning } from "./processes.ts";

const open = (app: App) => app.post(initialize());

/** Expects a refusal that says why, and when to come back. */
async function expectRefused(response: Response, status: number): Promise<void> {
	expect([response.status, response.headers.get("Mcp-Session-Id")]).toEqual([status, null]);
	expect(Number(response.headers.get("Retry-After"))).toBeGreaterThan(0);
	const error = { code: -32000, message: expect.stringMatching(/^[A-Z].{20,}\.$/) };
	expect(await response.json()).toMatchObject({ jsonrpc: "2.0", error });
}

describe("of the children that a user may have, one more", () => {
	const stdio = useStdio({
		command: childCommand("fake"),
		bridgeEnv: { STDIO_MAX_CHILDREN_PER_USER: "2", STDIO_MAX_CHILDREN: "20" },
	});

	it.concurrent("is refused, whichever client it is for, until one has ended; another user gets theirs", async () => {
		const app = await newApp(stdio);
		const [session] = [await app.open(), await app.open()];
		await expectRefused(await open(app), 429);
		await expectRefused(await open(await newApp(stdio, app)), 429);
		await (await newApp(stdio)).open();
		await session.end();
		await eventually(async () => expect((await open(app)).status).toBe(200));
	});

	it.concurrent("is refused over HTTP+SSE", async () => {
		const app = await newApp(stdio);
		const session = await app.openSse();
		await app.openSse();
		const stream = await app.send("GET", undefined, { path: "/stdio/sse" });
		if (stream.ok) await stream.body?.cancel();
		await expectRefused(stream, 429);
		session.close();
		await eventually(async () =>
			expect(
				await (async () => {
					const { status, body } = await app.send("GET", undefined, { path: "/stdio/sse" });
					await body?.cancel();
					return status;
				})(),
			).toBe(200),
		);
	});

	it.concurrent("is refused without a session", async () => {
		const app = await newApp(stdio);
		await app.open();
		const last = await app.open();
		const call = () => app.stateless("tools/call", { name: "environment", arguments: {} });
		await expectRefused(await call(), 429);
		await last.end();
		await eventually(async () => expect((await call()).status).toBe(200));
	});
});

describe("of the children that there may be in all, one more", () => {
	const stdio = useStdio({ command: childCommand("fake"), bridgeEnv: { STDIO_MAX_CHILDREN: "2" } });

	it("is refused for a user who has none, until one has ended", async () => {
		const [ada, bob, carla] = [await newApp(stdio), await newApp(stdio), await newApp(stdio)];
		const session = await ada.open();
		await bob.pidStateless();
		await expectRefused(await open(carla), 503);
		await expectRefused(await carla.stateless("tools/call", { name: "environment", arguments: {} }), 503);
		await session.end();
		await eventually(async () => expect((await open(carla)).status).toBe(200));
	});
});

describe("a child that nobody uses", () => {
	const stdio = useStdio({ command: childCommand("fake"), settings: { STDIO_IDLE_SECONDS: "1" } });

	it.concurrent("ends with its session", async () => {
		const session = await (await newApp(stdio)).open();
		const pid = await session.pid();
		await eventually(() => expect(isRunning(pid)).toBe(false));
		const refused = await session.call(1, "environment");
		expect([refused.status, await refused.json()]).toMatchObject([404, { error: { code: -32001 } }]);
	});

	it.concurrent("does not end while a call runs", async () => {
		const session = await (await newApp(stdio)).open();
		const pid = await session.pid();
		const held = await session.call(1, "hold");
		await new Promise((resolve) => setTimeout(resolve, 2_500));
		expect(isRunning(pid)).toBe(true);
		await readMessages(await session.call(2, "release"));
		expect(await readMessages(held)).toMatchObject([{ id: 1, result: {} }]);
	});

	it.concurrent("ends when the client has hung up that was waiting for it", async () => {
		const app = await newApp(stdio);
		const pid = await app.pidStateless();
		const call = app.connectStateless("tools/call", { name: "hang", arguments: {} });
		await eventually(() => expect(stdio.stderrOf(pid)).toContain("hangs"));
		call.reset();
		await eventually(() => expect(isRunning(pid)).toBe(false));
	});

	it.concurrent("ends, and the next call without a session starts another", async () => {
		const app = await newApp(stdio);
		const pid = await app.pidStateless();
		await eventually(() => expect(isRunning(pid)).toBe(false));
		expect(await app.pidStateless()).not.toBe(pid);
	});
});
