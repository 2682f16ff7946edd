/** A connection whose other end is gone without a word. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { startChild } from "../../src/bridge/child.ts";
import { ChildPipe } from "../../src/bridge/pipe.ts";
import { openingOf } from "./pipes.ts";

const PING_MILLISECONDS = 30_000;

it.each([
	["answers pings stays", true],
	["answers no ping is closed, and its child kept", false],
])("one that %s", async (_, autoPong) => {
	const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
	onTestFinished(() => void server.close());
	await once(server, "listening");
	vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
	onTestFinished(() => void vi.useRealTimers());
	const child = startChild({ file: "cat", args: [] }, { PATH: process.env.PATH }, "cat", 1000);
	if (typeof child === "string") throw new Error(child);
	const pipe = new ChildPipe(child, openingOf().user, 60_000, () => {});
	onTestFinished(() => pipe.end());
	const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { autoPong });
	onTestFinished(() => client.terminate());
	const [socket] = await once(server, "connection");
	pipe.attach(socket);
	const answered = autoPong ? once(socket, "pong") : once(client, "ping");
	vi.advanceTimersByTime(PING_MILLISECONDS);
	await answered;
	expect(socket.readyState).toBe(WebSocket.OPEN);
	const next = autoPong ? once(socket, "pong") : once(client, "close");
	vi.advanceTimersByTime(PING_MILLISECONDS);
	await next;
	expect(client.readyState).toBe(autoPong ? WebSocket.OPEN : WebSocket.CLOSED);
	expect([pipe.isOver, child.pid]).toEqual([false, expect.any(Number)]);
});
