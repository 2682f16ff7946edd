import { describe, expect, it } from "vitest";
import { eventStream } from "../../src/mcp/event-stream.ts";
import { EventReader } from "../support/sse.ts";

function open(expiresAt?: number) {
	const { 0: ours, 1: sessions } = new WebSocketPair();
	sessions.accept();
	const closed = new Promise<CloseEvent>((resolve) => sessions.addEventListener("close", resolve));
	return { events: new EventReader(eventStream(ours, { expiresAt })), sessions, closed };
}

describe("a client's event stream", () => {
	it("ends with the token it was opened with, and lets go of the session's socket", async () => {
		const { events, closed } = open(Date.now() / 1000 + 0.1);
		expect(await events.next()).toBeUndefined();
		expect((await closed).reason).toBe("The token has expired");
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
