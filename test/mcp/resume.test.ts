import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { RemoteMcp } from "../../src/mcp/agent.ts";
import { sessionOf } from "../../src/mcp/session.ts";
import { EventReader } from "../support/sse.ts";
import { callTool, INITIALIZE, mcp, signIn } from "../support/worker.ts";

const VERSION = { "Mcp-Protocol-Version": "2025-11-25" };
const CHANGED = { lists: ["tools"], resources: [] } as const;

type Connection = { token: string; session: string };

/** A session whose client can be asked, so that a call can be held in its middle. */
async function connect(): Promise<Connection> {
	const { access_token: token } = await signIn({ permissions: ["image_generation"] });
	const params = { ...INITIALIZE.params, capabilities: { elicitation: {} } };
	const opened = await mcp({ ...INITIALIZE, params }, { token });
	await opened.text();
	return { token, session: opened.headers.get("Mcp-Session-Id") ?? "" };
}

const objectOf = ({ session }: Connection) => env.MCP_OBJECT.getByName(`streamable-http:${session}`);

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
	const call = callTool("generateImage", { prompt: "" }, id);
	const stream = new EventReader(await mcp(call, { ...connection, headers: VERSION }));
	const priming = await stream.next();
	const question = await stream.next();
	const { id: questionId } = JSON.parse(question?.data ?? "{}");
	const answer = () => {
		const result = { action: "accept", content: { prompt: `a cat ${id}` } };
		return mcp({ jsonrpc: "2.0", id: questionId, result }, { ...connection, headers: VERSION });
	};
	return { stream, priming, question, answer };
}

const storedEvents = (connection: Connection) =>
	runInDurableObject(objectOf(connection), (_instance: RemoteMcp, { storage }) => {
		const tables = [...storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'sent'")];
		return tables.length === 0 ? 0 : [...storage.sql.exec("SELECT * FROM sent")].length;
	});

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
			result: { structuredContent: { prompt: "a cat 7" } },
		});
		expect(await again.next()).toBeUndefined();
	});

	it("gets the result when the call ended while it was away, also after eviction, and as often as it asks", async () => {
		const connection = await connect();
		const { stream, question, answer } = await startCall(connection, 8);
		await stream.close();
		expect((await answer()).status).toBe(202);
		await expect.poll(() => storedEvents(connection)).toBe(3);
		await evictDurableObject(objectOf(connection));
		for (const attempt of [1, 2]) {
			const again = await resume(connection, question?.id ?? "");
			const result = JSON.parse((await again.next())?.data ?? "{}");
			expect(result, `attempt ${attempt}`).toMatchObject({
				id: 8,
				result: { structuredContent: { prompt: "a cat 8" } },
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
	expect(await storedEvents(connection)).toBe(3);
	const ring = () =>
		runInDurableObject(objectOf(connection), async (instance: RemoteMcp, { storage }) => {
			await instance.deleteOldEvents();
			return storage.getAlarm();
		});
	expect(await ring()).toBeTypeOf("number");
	expect(await storedEvents(connection)).toBe(3);
	await runInDurableObject(objectOf(connection), (_instance: RemoteMcp, { storage }) => {
		storage.sql.exec("UPDATE sent SET sent_at = sent_at - 601000");
	});
	await ring();
	expect(await storedEvents(connection)).toBe(0);
});

it("an empty Last-Event-ID is none", async () => {
	const connection = await connect();
	const events = await listen(connection, { "Last-Event-ID": "" });
	await events.next();
	await sessionOf(env, "streamable-http", connection.session).announce(CHANGED);
	expect((await events.next())?.data).toContain("list_changed");
	await events.close();
});

it("a session takes a limited number of calls that wait for an answer", async () => {
	const connection = await connect();
	const calls = [];
	for (let id = 1; id <= 64; id++) calls.push(await startCall(connection, id));
	const call = () => mcp(callTool("add", { a: 1, b: 2 }, 99), { ...connection, headers: VERSION });
	const refused = await call();
	expect(refused.status).toBe(429);
	expect(await refused.json()).toMatchObject({
		id: 99,
		error: { code: -32000, message: expect.stringMatching(/Wait/) },
	});
	const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } };
	await mcp(cancel, { ...connection, headers: VERSION });
	expect(await (await call()).text()).toContain('"sum":3');
	await calls[0]?.answer();
	expect((await calls[0]?.stream.next())?.data).toContain('"id":1');
	for (const { stream } of calls) await stream.close();
});

it("a call that arrives stores nothing", async () => {
	const connection = await connect();
	const response = await mcp(callTool("add", { a: 1, b: 2 }), { ...connection, headers: VERSION });
	expect(await response.text()).toContain('"sum":3');
	expect(await storedEvents(connection)).toBe(0);
});

it("an answer too large to be kept in memory is stored, and there after eviction", async () => {
	const connection = await connect();
	for (let count = 0; count < 10; count++) {
		await (await mcp(callTool("remember", { note: `${count} ${"x".repeat(4000)}` }), connection)).text();
	}
	const stream = new EventReader(await mcp(callTool("recall"), { ...connection, headers: VERSION }));
	const priming = await stream.next();
	const answer = await stream.next();
	await evictDurableObject(objectOf(connection));
	expect(await (await resume(connection, priming?.id ?? "")).next()).toEqual(answer);
});

describe("the stream of what belongs to no call", () => {
	const announce = ({ session }: Connection) => sessionOf(env, "streamable-http", session).announce(CHANGED);

	it("goes on where it broke off, also after eviction", async () => {
		const connection = await connect();
		const first = await listen(connection);
		const opening = await first.next();
		expect(opening).toMatchObject({ data: "", id: expect.any(String) });
		await first.close();
		await expect
			.poll(() => runInDurableObject(objectOf(connection), (_i: RemoteMcp, { storage }) => storage.get("streamClosed")))
			.toBeTypeOf("number");
		expect(await announce(connection)).toBe(true);
		await evictDurableObject(objectOf(connection));
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
		expect(await announce(connection)).toBe(false);
		expect(await storedEvents(connection)).toBe(0);
	});
});
