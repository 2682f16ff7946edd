/** A client that loses its connection comes back with Last-Event-ID, and gets the rest, once. */
import { describe, expect, it } from "vitest";
import { EventReader, type StreamEvent } from "../support/sse.ts";
import { readMessages } from "../support/wire.ts";
import { type App, eventually, initialize, LATEST, newApp, type Session, toolCall } from "./app.ts";
import { childCommand, useStdio } from "./door.ts";

const stdio = useStdio({ command: childCommand("fake") });

/** Calls a tool on a connection that can break. */
async function begin(session: Session, ...call: Parameters<typeof toolCall>) {
	const { response, reset } = session.connect("POST", toolCall(...call));
	return { events: new EventReader(await response), reset };
}

/** Opens the stream of what belongs to no call, on a connection that can break. */
async function listen(session: Session) {
	const { response, reset } = session.connect("GET");
	return { events: new EventReader(await response), reset };
}

/** What comes after an event, until the stream ends or so much has come. */
async function comeBack(session: Session, { id = "" }: Partial<StreamEvent> = {}, count = Number.POSITIVE_INFINITY) {
	const response = await session.listen(id);
	expect(response.status).toBe(200);
	const events = new EventReader(response);
	const messages: unknown[] = [];
	while (messages.length < count) {
		const event = await events.next();
		if (!event) break;
		if (event.data !== "") messages.push(JSON.parse(event.data));
	}
	await events.close();
	return messages;
}

const progress = (step: number) => ({
	method: "notifications/progress",
	params: { progressToken: "token", progress: step },
});
const held = { id: 1, result: { content: [{ text: "was held" }] } };
const release = async (session: Session) => readMessages(await session.call(9, "release"));

describe("the stream of a call", () => {
	it.concurrent("begins with an event that has an id and no data", async () => {
		const session = await (await newApp(stdio)).open();
		const { events, reset } = await begin(session, 1, "hold");
		expect(await events.next()).toEqual({ event: "message", data: "", id: expect.stringMatching(/./) });
		reset();
	});

	it.concurrent("begins with its first message for a client of an earlier version", async () => {
		const session = await (await newApp(stdio)).open(initialize({}, "2025-06-18"));
		const first = await new EventReader(await session.call(1, "count", {}, "token")).next();
		expect(JSON.parse(first?.data ?? "")).toMatchObject(progress(1));
	});

	it.concurrent("that breaks in the middle of the call goes on: with what came meanwhile, and what is still to come", async () => {
		const session = await (await newApp(stdio)).open();
		const pid = await session.pid();
		const { events, reset } = await begin(session, 1, "hold", {}, "token");
		const opening = await events.next();
		await eventually(() => expect(stdio.stderrOf(pid)).toContain("holds 1"));
		reset();
		const rest = comeBack(session, opening);
		await release(session);
		expect(await rest).toMatchObject([progress(1), held]);
	});

	it.concurrent("goes on after the last event that arrived, not with that event again", async () => {
		const session = await (await newApp(stdio)).open();
		const { events, reset } = await begin(session, 1, "hang", {}, "token");
		await events.next();
		const last = await events.next();
		expect(JSON.parse(last?.data ?? "")).toMatchObject(progress(1));
		reset();
		const rest = comeBack(session, last);
		await readMessages(
			await session.call(2, "write", { lines: ['{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}'] }),
		);
		await session.ask("exit", { code: 3 }, 3);
		expect(await rest).toMatchObject([{ id: 1, error: { message: expect.stringContaining("exit code 3") } }]);
	});

	it.concurrent("has the answer for a client that comes back when the call has ended, as often as it comes", async () => {
		const session = await (await newApp(stdio)).open();
		const pid = await session.pid();
		const { events, reset } = await begin(session, 1, "hold", {}, "token");
		const opening = await events.next();
		await eventually(() => expect(stdio.stderrOf(pid)).toContain("holds 1"));
		reset();
		await release(session);
		for (const attempt of [1, 2]) {
			expect([attempt, await comeBack(session, opening)]).toMatchObject([attempt, [progress(1), held]]);
		}
	});

	it.concurrent("brings what belongs to its own call only", async () => {
		const session = await (await newApp(stdio)).open();
		const pid = await session.pid();
		const [one, other] = [await begin(session, 1, "hold", {}, "token"), await begin(session, 2, "hold", {}, "other")];
		const openings = [await one.events.next(), await other.events.next()];
		await eventually(() => expect(stdio.stderrOf(pid)).toContain("holds 2"));
		one.reset();
		other.reset();
		await release(session);
		expect(await comeBack(session, openings[0])).toMatchObject([progress(1), held]);
		expect(await comeBack(session, openings[1])).toMatchObject([{ params: { progressToken: "other" } }, { id: 2 }]);
	});

	it.concurrent("is nobody else's: neither another client's nor another session's", async () => {
		const app = await newApp(stdio);
		const session = await app.open();
		const { events, reset } = await begin(session, 1, "hold");
		const opening = await events.next();
		reset();
		const headers = { "MCP-Protocol-Version": LATEST, "Last-Event-ID": opening?.id ?? "" };
		const listenAs = (who: App, id: string) => who.send("GET", undefined, { session: id, headers });
		const others = [await newApp(stdio), await newApp(stdio, app)];
		for (const other of others) expect((await listenAs(other, session.id)).status).toBe(404);
		const own = await listenAs(app, (await app.open()).id);
		expect([own.status, await own.json()]).toMatchObject([400, { error: { code: -32000 } }]);
		const rest = comeBack(session, opening);
		await release(session);
		expect(await rest).toMatchObject([held]);
	});
});

describe("the stream of what belongs to no call", () => {
	const CHANGED = { method: "notifications/tools/list_changed" };

	it.concurrent("begins with an event that has an id and no data", async () => {
		const session = await (await newApp(stdio)).open();
		const { events, reset } = await listen(session);
		expect(await events.next()).toEqual({ event: "message", data: "", id: expect.stringMatching(/./) });
		reset();
	});

	it.concurrent("that broke goes on with what came meanwhile, and with what comes then", async () => {
		const session = await (await newApp(stdio)).open();
		const { events, reset } = await listen(session);
		const opening = await events.next();
		reset();
		await session.ask("announce");
		const missed = await comeBack(session, opening, 1);
		expect(missed).toMatchObject([CHANGED]);
		const again = new EventReader(await session.listen(opening?.id));
		while ((await again.next())?.data === "");
		await session.ask("announce", {}, 2);
		const next = await again.next();
		expect(JSON.parse(next?.data ?? "")).toMatchObject(CHANGED);
		await again.close();
	});
});

it.concurrent("what nobody ever sent is nothing to come back to", async () => {
	const session = await (await newApp(stdio)).open();
	for (const id of ["made up", "00000000-0000-4000-8000-000000000000/1"]) {
		const response = await session.listen(id);
		expect([response.status, await response.json()]).toMatchObject([400, { error: { code: -32000 } }]);
	}
});
