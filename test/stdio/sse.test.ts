/** HTTP+SSE (2024-11-05) as it is on the wire. */
import { describe, expect, it } from "vitest";
import { appOf, eventually, initialize, newApp, SseSession, textOf, toolCall } from "./app.ts";
import { childCommand, useStdio } from "./door.ts";
import { isRunning } from "./processes.ts";

const stdio = useStdio({ command: childCommand("fake") });

describe("a session over HTTP+SSE", () => {
	it.concurrent("says where to post, with an id that it was given for itself", async () => {
		const app = await newApp(stdio);
		const [one, other] = [await SseSession.connect(app), await SseSession.connect(app)];
		for (const { endpoint } of [one, other]) {
			expect(endpoint).toMatch(/^\/stdio\/sse\/message\?sessionId=[\w-]+\.[0-9a-f]{64}$/);
		}
		expect(one.endpoint).not.toBe(other.endpoint);
		one.close();
		other.close();
	});

	it.concurrent("answers on the stream, and posts with 202", async () => {
		const session = await SseSession.connect(await newApp(stdio));
		expect((await session.post(initialize())).status).toBe(202);
		expect(await session.receive()).toMatchObject({ id: 0, result: { serverInfo: { name: "fake" } } });
		expect(textOf(await session.ask("big", { bytes: 3 }, "three"))).toBe("xxx");
		session.close();
	});

	it.concurrent("runs a process of its own", async () => {
		const app = await newApp(stdio);
		const [one, other] = [await app.openSse(), await app.openSse()];
		expect(await one.pid()).not.toBe(await other.pid());
		one.close();
		other.close();
	});

	it.concurrent("is found by nobody but the client that opened it", async () => {
		const session = await (await appOf(stdio, "ada@example.com")).openSse();
		for (const other of [await appOf(stdio, "ada@example.com"), await appOf(stdio, "eve@example.com")]) {
			const response = await session.post(toolCall(5, "big"), other);
			expect([response.status, await response.json()]).toMatchObject([404, { error: { code: -32001 } }]);
		}
		expect((await session.post(toolCall(5, "big"))).status).toBe(202);
		session.close();
	});

	it.concurrent("ends with its child when the stream is closed", async () => {
		const session = await (await newApp(stdio)).openSse();
		const pid = await session.pid();
		session.close();
		await eventually(() => expect(isRunning(pid)).toBe(false));
		await eventually(async () => expect((await session.post(toolCall(1, "big"))).status).toBe(404));
	});

	it.concurrent("answers calls in flight and closes the stream when the child ends", async () => {
		const session = await (await newApp(stdio)).openSse();
		await session.post(toolCall(5, "hang"));
		await session.post(toolCall(6, "exit", { code: 3 }));
		const error = { code: -32000, message: "The MCP server ended (exit code 3). Connect again." };
		const answers = await session.rest();
		expect(answers).toHaveLength(2);
		expect(answers).toEqual(expect.arrayContaining([5, 6].map((id) => ({ jsonrpc: "2.0", id, error }))));
		expect((await session.post(toolCall(7, "big"))).status).toBe(404);
	});

	it.concurrent("brings what belongs to no call, questions among it, and takes their answers", async () => {
		const session = await (await newApp(stdio)).openSse(initialize({ roots: {} }));
		await session.post(toolCall(1, "ask"));
		expect(await session.receive()).toMatchObject({ id: "question", method: "roots/list" });
		expect((await session.post({ jsonrpc: "2.0", id: "question", result: { roots: [] } })).status).toBe(202);
		expect(textOf(await session.receive())).toBe('[{"roots":[]}]');
		await session.post(toolCall(2, "announce"));
		expect(await session.receive()).toMatchObject({ id: 2 });
		expect(await session.receive()).toMatchObject({ method: "notifications/tools/list_changed" });
		session.close();
	});

	it.concurrent("tells the child what the client cancels", async () => {
		const session = await (await newApp(stdio)).openSse();
		const pid = await session.pid();
		await session.post(toolCall(7, "hang"));
		await session.post({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } });
		await eventually(() => expect(stdio.stderrOf(pid)).toContain("cancelled 7"));
		session.close();
	});
});
