import { describe, expect, it } from "vitest";
import { expiryMessage, socketStream } from "../../src/mcp/socket-stream.ts";
import { EventReader } from "../support/sse.ts";

function open(expiresAt?: number) {
	const { 0: ours, 1: sessions } = new WebSocketPair();
	sessions.accept();
	const closed = new Promise<CloseEvent>((resolve) => sessions.addEventListener("close", resolve));
	return { events: new EventReader(socketStream(ours, { expiresAt })), sessions, closed };
}

describe("a client's event stream", () => {
	it("ends with the token it was opened with, and lets go of the session's socket", async () => {
		const { events, closed } = open(Date.now() / 1000 + 0.1);
		expect(await events.next()).toBeUndefined();
		expect((await closed).code).toBe(1000);
	});

	it("lasts longer when a newer token was seen", async () => {
		const { events, sessions, closed } = open(Date.now() / 1000 + 0.1);
		sessions.send(expiryMessage(Date.now() / 1000 + 3600));
		await new Promise((resolve) => setTimeout(resolve, 200));
		sessions.send("data: still there\n\n");
		expect(await events.next()).toMatchObject({ data: "still there" });
		await events.close();
		await closed;
	});

	it("passes on what the session sends", async () => {
		const { events, sessions } = open();
		sessions.send("id: 1\ndata: one\n\n");
		sessions.send("id: 2\ndata: two\n\n");
		expect([await events.next(), await events.next()]).toMatchObject([{ data: "one" }, { data: "two" }]);
		sessions.close();
		expect(await events.next()).toBeUndefined();
	});
});
