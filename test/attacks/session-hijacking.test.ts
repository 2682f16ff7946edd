/** Session hijacking: somebody with the session ID of another user, to act as them or to put words into their stream. */
import { describe, expect, it } from "vitest";
import { EventReader } from "../support/sse.ts";
import { nextMessage } from "../support/wire.ts";
import { callTool, LIST_TOOLS, LOCAL, type McpOptions, mcp, openSession, signIn } from "../support/worker.ts";

const VERSION = { "Mcp-Protocol-Version": "2025-11-25" };

/** Alice, in the middle of a call that asks her a question; and Mallory, with an account and an app of the same kind. */
async function meet() {
	const alice = await signIn({ email: `${crypto.randomUUID()}@example.com` });
	const mallory = await signIn({ email: `${crypto.randomUUID()}@example.com`, clientId: alice.client_id });
	const session = await openSession(alice.access_token, LOCAL, { elicitation: {} });
	const own = { token: alice.access_token, session, headers: VERSION };
	const call = new EventReader(await mcp(callTool("ask", {}, 7), own));
	const { id: lastEventId = "" } = (await call.next()) ?? {};
	const { id: questionId } = await nextMessage(call);
	return { own, stolen: { ...own, token: mallory.access_token }, call, lastEventId, questionId };
}

type Meeting = Awaited<ReturnType<typeof meet>>;
const get = (connection: McpOptions, headers: Record<string, string> = {}) =>
	mcp(null, { ...connection, method: "GET", headers: { ...VERSION, ...headers } });
const answer = (id: unknown, word: string) => ({
	jsonrpc: "2.0",
	id,
	result: { action: "accept", content: { word } },
});
const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } };

/** What Mallory tries. */
const ATTEMPTS: [string, (meeting: Meeting) => Promise<Response>][] = [
	["call a tool", ({ stolen }) => mcp(callTool("caller"), stolen)],
	["list the tools", ({ stolen }) => mcp(LIST_TOOLS, stolen)],
	["answer a question", ({ stolen, questionId }) => mcp(answer(questionId, "injected"), stolen)],
	["cancel a call", ({ stolen }) => mcp(cancelled, stolen)],
	["listen", ({ stolen }) => get(stolen)],
	["go on with a stream", ({ stolen, lastEventId }) => get(stolen, { "Last-Event-ID": lastEventId })],
	["end the session", ({ stolen }) => mcp(null, { ...stolen, method: "DELETE" })],
];

describe("another user with a stolen session ID", () => {
	it.each(ATTEMPTS)("cannot %s, and the owner's call goes on untouched", async (_what, attempt) => {
		const meeting = await meet();
		const response = await attempt(meeting);
		expect(response.status).toBe(404);
		expect(await response.json()).toMatchObject({ error: { code: -32001, message: "Session not found" } });
		expect((await mcp(answer(meeting.questionId, "mine"), meeting.own)).status).toBe(202);
		const next = await nextMessage(meeting.call);
		expect(next).toMatchObject({ id: 7, result: { structuredContent: { word: "mine" } } });
		expect(await meeting.call.next()).toBeUndefined();
	});

	it("cannot go on with the owner's stream in a session of their own either", async () => {
		const { own, stolen, lastEventId, call } = await meet();
		const session = await openSession(stolen.token);
		expect((await get({ ...stolen, session }, { "Last-Event-ID": lastEventId })).status).toBe(400);
		const resumed = new EventReader(await get(own, { "Last-Event-ID": lastEventId }));
		expect(await nextMessage(resumed)).toMatchObject({ method: "elicitation/create" });
		await Promise.all([resumed.close(), call.close()]);
	});
});

it("a session ID is no authentication: without a token, or with one that has ended, it opens nothing", async () => {
	const { own, call } = await meet();
	for (const token of [undefined, "made-up", `${own.token}x`]) {
		expect((await mcp(callTool("caller"), { ...own, token })).status).toBe(401);
	}
	expect((await mcp(callTool("caller"), own)).status).toBe(200);
	await call.close();
});

it("what happens to one user is announced in no stream of another", async () => {
	const { own, stolen, call } = await meet();
	const stream = new EventReader(await get(own));
	await stream.next();
	const session = await openSession(stolen.token);
	const announce = async (list: string, connection: McpOptions) =>
		(await mcp(callTool("announce", { lists: [list], resources: [] }), connection)).text();
	await announce("prompts", { ...stolen, session });
	await announce("tools", own);
	expect(await nextMessage(stream)).toMatchObject({ method: "notifications/tools/list_changed" });
	await Promise.all([stream.close(), call.close()]);
});
