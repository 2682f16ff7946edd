import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { userObjectOf } from "../../src/mcp/user-object.ts";
import { newHold } from "../support/fixture/control.ts";
import { evict, execute, openStreams, restart, rowsOf, tidy, userOf } from "../support/objects.ts";
import { EventReader } from "../support/sse.ts";
import { callTool, LOCAL, mcp, openSession, signIn } from "../support/worker.ts";

const VERSION = { "Mcp-Protocol-Version": "2025-11-25" };
const CHANGED = { lists: ["tools"], resources: [] } as const;

type Connection = { user: string; token: string; session: string };

/** A session whose client can be asked, so that a call can be held in its middle. */
async function connect(): Promise<Connection> {
	const { access_token: token } = await signIn({ email: `${crypto.randomUUID()}@example.com` });
	return { user: userOf(token), token, session: await openSession(token, LOCAL, { elicitation: {} }) };
}

const listen = async (connection: Connection, headers: Record<string, string> = {}) =>
	new EventReader(await mcp(null, { ...connection, method: "GET", headers: { ...VERSION, ...headers } }));

/** Comes back; the stream begins with the id that it was asked to go on after. */
async function resume(connection: Connection, lastEventId: string) {
	const events = await listen(connection, { "Last-Event-ID": lastEventId });
	expect(await events.next()).toEqual({ event: "message", data: "", id: lastEventId });
	return events;
}

/** Starts a call that asks its user a question, and returns its stream with the question on it. */
async function startCall(connection: Connection, id: number) {
	const call = callTool("ask", {}, id);
	const stream = new EventReader(await mcp(call, { ...connection, headers: VERSION }));
	const priming = await stream.next();
	const question = await stream.next();
	const { id: questionId } = JSON.parse(question?.data ?? "{}");
	const answer = () => {
		const result = { action: "accept", content: { word: `word ${id}` } };
		return mcp({ jsonrpc: "2.0", id: questionId, result }, { ...connection, headers: VERSION });
	};
	return { stream, priming, question, answer };
}

const storedEvents = async ({ user }: Connection) => (await rowsOf(user, "sent")).length;

describe("a client that loses its connection in the middle of a call", () => {
	it("gets the rest with Last-Event-ID: what was sent meanwhile, and what is still to come", async () => {
		const connection = await connect();
		const { stream, priming, question, answer } = await startCall(connection, 7);
		expect(priming).toEqual({ event: "message", data: "", id: expect.any(String) });
		await stream.close();
		const again = await resume(connection, priming?.id ?? "");
		expect(await again.next()).toEqual(question);
		expect((await answer()).status).toBe(202);
		const result = await again.next();
		expect(JSON.parse(result?.data ?? "{}")).toMatchObject({
			id: 7,
			result: { structuredContent: { word: "word 7" } },
		});
		expect(await again.next()).toBeUndefined();
	});

	it("gets the result when the call ended while it was away, also after eviction, and as often as it asks", async () => {
		const connection = await connect();
		const { stream, question, answer } = await startCall(connection, 8);
		await stream.close();
		expect((await answer()).status).toBe(202);
		await expect.poll(() => storedEvents(connection)).toBe(2);
		await evict(connection.user);
		for (const attempt of [1, 2]) {
			const again = await resume(connection, question?.id ?? "");
			const result = JSON.parse((await again.next())?.data ?? "{}");
			expect(result, `attempt ${attempt}`).toMatchObject({
				id: 8,
				result: { structuredContent: { word: "word 8" } },
			});
			expect(await again.next()).toBeUndefined();
		}
	});

	it("takes over from a connection that still looks open from here", async () => {
		const connection = await connect();
		const { stream, question, answer } = await startCall(connection, 9);
		const again = await resume(connection, question?.id ?? "");
		expect(await stream.next()).toBeUndefined();
		await answer();
		expect(JSON.parse((await again.next())?.data ?? "{}")).toMatchObject({ id: 9 });
	});

	it("gets what belongs to its own call only", async () => {
		const connection = await connect();
		const [one, other] = [await startCall(connection, 1), await startCall(connection, 2)];
		await one.stream.close();
		await other.stream.close();
		await one.answer();
		await other.answer();
		const again = await resume(connection, other.question?.id ?? "");
		expect(JSON.parse((await again.next())?.data ?? "{}")).toMatchObject({ id: 2 });
		expect(await again.next()).toBeUndefined();
	});

	it("is told when there is nothing by that id, and nothing of another session's", async () => {
		const [mine, other] = [await connect(), await connect()];
		const { stream, question } = await startCall(other, 3);
		for (const id of ["made up", "00000000-0000-4000-8000-000000000000/1", question?.id ?? ""]) {
			const response = await mcp(null, { ...mine, method: "GET", headers: { ...VERSION, "Last-Event-ID": id } });
			expect(response.status, id).toBe(400);
			expect(await response.json()).toMatchObject({ error: { code: -32000 } });
		}
		await stream.close();
	});
});

it("what is stored goes after some minutes", async () => {
	const connection = await connect();
	const { stream, answer } = await startCall(connection, 4);
	await answer();
	expect((await stream.next())?.data).toContain('"id":4');
	expect(await storedEvents(connection)).toBe(2);
	expect(await tidy(connection.user)).toBeTypeOf("number");
	expect(await storedEvents(connection)).toBe(2);
	for (const table of ["sent", "calls"]) await execute(connection.user, `UPDATE ${table} SET at = at - 601000`);
	await tidy(connection.user);
	expect(await storedEvents(connection)).toBe(0);
});

it("the alarm rings when what is stored has become too old, not at some time after", async () => {
	const connection = await connect();
	const startedAt = Date.now();
	const { answer } = await startCall(connection, 4);
	await answer();
	await expect.poll(() => storedEvents(connection)).toBe(2);
	const minutes = async () => (((await tidy(connection.user)) ?? 0) - startedAt) / 60_000;
	expect(await minutes()).toBeGreaterThanOrEqual(10);
	for (const table of ["sent", "calls"]) await execute(connection.user, `UPDATE ${table} SET at = at - 420000`);
	expect(await minutes()).toBeCloseTo(3, 0);
	expect(await rowsOf(connection.user, "cf_agents_jobs")).toHaveLength(1);
});

it("an empty Last-Event-ID is none", async () => {
	const connection = await connect();
	const events = await listen(connection, { "Last-Event-ID": "" });
	await events.next();
	await userObjectOf(env, connection.user).announce(CHANGED);
	expect((await events.next())?.data).toContain("list_changed");
	await events.close();
});

it("of more calls that wait than a user may have, the oldest ends, with a sentence", async () => {
	const connection = await connect();
	const calls = [];
	for (let id = 1; id <= 65; id++) calls.push(await startCall(connection, id));
	const [oldest, next] = calls;
	expect(JSON.parse((await oldest?.stream.next())?.data ?? "{}")).toMatchObject({
		id: 1,
		error: { code: -32000, message: expect.stringContaining("64 calls") },
	});
	expect(await oldest?.stream.next()).toBeUndefined();
	await next?.answer();
	expect((await next?.stream.next())?.data).toContain('"id":2');
	for (const { stream } of calls.slice(2)) await stream.close();
});

it("a call that arrives stores nothing", async () => {
	const connection = await connect();
	const response = await mcp(callTool("echo", { text: "three" }), { ...connection, headers: VERSION });
	expect(await response.text()).toContain('"text":"three"');
	expect(await storedEvents(connection)).toBe(0);
});

it("a large answer is stored, and there after eviction", async () => {
	const connection = await connect();
	const held = newHold();
	held.release();
	const call = callTool("hold", { name: held.name, text: "x".repeat(70_000) });
	const stream = new EventReader(await mcp(call, { ...connection, headers: VERSION }));
	const priming = await stream.next();
	const answer = await stream.next();
	await evict(connection.user);
	expect(await (await resume(connection, priming?.id ?? "")).next()).toEqual(answer);
});

describe("the stream of what belongs to no call", () => {
	const announce = ({ user }: Connection) => userObjectOf(env, user).announce(CHANGED);

	it("goes on where it broke off, also after eviction", async () => {
		const connection = await connect();
		const first = await listen(connection);
		const opening = await first.next();
		expect(opening).toMatchObject({ data: "", id: expect.any(String) });
		await first.close();
		await expect.poll(() => openStreams(connection.user)).toBe(0);
		await announce(connection);
		await evict(connection.user);
		const again = await resume(connection, opening?.id ?? "");
		const missed = await again.next();
		expect(missed?.data).toContain("notifications/tools/list_changed");
		await again.close();
		const last = await resume(connection, missed?.id ?? "");
		await announce(connection);
		const next = await last.next();
		expect(next?.data).toContain("notifications/tools/list_changed");
		expect(next?.id).not.toBe(missed?.id);
		await last.close();
	});

	it("keeps nothing for a client that never listened", async () => {
		const connection = await connect();
		await announce(connection);
		expect(await rowsOf(connection.user, "changes")).toEqual([]);
	});
});

it("of more streams than a user may have, the oldest ends, and nobody else's", async () => {
	const [mine, other] = [await connect(), await connect()];
	const [oldest, others] = [await listen(mine), await listen(other)];
	await oldest.next();
	const newer: EventReader[] = [];
	for (let count = 0; count < 500; count++) {
		newer.push(await listen({ ...mine, session: await openSession(mine.token, LOCAL) }));
	}
	expect(await oldest.next()).toBeUndefined();
	expect(await openStreams(mine.user)).toBe(500);
	expect(await openStreams(other.user)).toBe(1);
	for (const stream of [...newer, others]) await stream.close();
});

it("a call that goes on for longer than what is kept can still be resumed", async () => {
	const connection = await connect();
	const { stream, priming, question, answer } = await startCall(connection, 8);
	await stream.close();
	for (const table of ["sent", "calls"]) await execute(connection.user, `UPDATE ${table} SET at = at - 601000`);
	await tidy(connection.user);
	const again = await resume(connection, priming?.id ?? "");
	expect(await again.next()).toEqual(question);
	await answer();
	expect((await again.next())?.data).toContain('"id":8');
});

it("what is stored and cannot be read is absent, and the log says so", async () => {
	const connection = await connect();
	const { stream, priming, answer } = await startCall(connection, 5);
	await stream.close();
	await answer();
	await expect.poll(() => storedEvents(connection)).toBe(2);
	await execute(connection.user, "UPDATE sent SET message = 'broken' WHERE sequence = 1");
	const again = await resume(connection, priming?.id ?? "");
	expect(JSON.parse((await again.next())?.data ?? "{}")).toMatchObject({ id: 5, result: {} });
	await execute(connection.user, "UPDATE calls SET made_under = '{}'");
	const headers = { ...VERSION, "Last-Event-ID": priming?.id ?? "" };
	expect((await mcp(null, { ...connection, method: "GET", headers })).status).toBe(400);
});

it("a call that a restart cut short is answered for, when its client is back", async () => {
	const connection = await connect();
	const { stream, priming } = await startCall(connection, 6);
	await stream.close();
	await restart(connection.user);
	const again = await resume(connection, priming?.id ?? "");
	expect((await again.next())?.data).toContain("elicitation/create");
	expect(JSON.parse((await again.next())?.data ?? "{}")).toMatchObject({
		id: 6,
		error: { message: expect.stringContaining("restarted") },
	});
	expect(await again.next()).toBeUndefined();
});
