/** When a grant ends, so does what is open under it; and nothing else. */
import { describe, expect, it } from "vitest";
import { newHold } from "../support/fixture/control.ts";
import { EventReader } from "../support/sse.ts";
import { SseSession } from "../support/sse-session.ts";
import { stateless } from "../support/stateless.ts";
import { nextMessage } from "../support/wire.ts";
import { callTool, fetchWorker, LOCAL, mcp, openSession, signIn } from "../support/worker.ts";

type Tokens = Awaited<ReturnType<typeof signIn>>;

async function signInHere(email: string): Promise<Tokens> {
	return signIn({ email, resource: null });
}

/** RFC 7009. */
async function revoke({ refresh_token = "", client_id }: Tokens): Promise<void> {
	const body = new URLSearchParams({ token: refresh_token, client_id });
	const response = await fetchWorker(`${LOCAL}/token`, { method: "POST", body });
	expect(response.status).toBe(200);
}

/** A stream of each kind, and a call that waits for its user. */
async function openAll({ access_token: token }: Tokens) {
	const connection = { token, session: await openSession(token, LOCAL, { elicitation: {} }) };
	const get = new EventReader(await mcp(null, { ...connection, method: "GET" }));
	await get.next();
	const sse = new EventReader(await mcp(null, { method: "GET", path: "/sse", token }));
	await sse.next();
	const filter = { notifications: { toolsListChanged: true } };
	const { headers, message } = stateless("subscriptions/listen", filter);
	const listen = new EventReader(await mcp(message, { token, headers }));
	await listen.next();
	const call = new EventReader(await mcp(callTool("ask"), connection));
	expect(await nextMessage(call)).toMatchObject({ method: "elicitation/create" });
	return { get, sse, listen, call };
}

describe("when a grant is revoked", () => {
	it("its streams at every address end, and its calls", async () => {
		const tokens = await signInHere("revoked@example.com");
		const { get, sse, listen, call } = await openAll(tokens);
		await revoke(tokens);
		expect(await get.next()).toBeUndefined();
		expect(await sse.next()).toBeUndefined();
		// Its request is answered, since the server has ended it.
		while (await listen.next());
		expect(await nextMessage(call)).toMatchObject({ id: 1, error: { code: -32000 } });
		expect(await call.next()).toBeUndefined();
	});

	it("those of the same user's other apps go on", async () => {
		const email = "keeps-one@example.com";
		const [ended, kept] = [await signInHere(email), await signInHere(email)];
		const sse = await SseSession.open(kept.access_token);
		await revoke(ended);
		await sse.post(callTool("announce", { lists: ["resources"] }));
		// The change and the call's answer: a tool does not wait until its change is told.
		const heard = [await sse.receive(), await sse.receive()].map(({ id, method }) => method ?? id);
		expect(heard.sort()).toEqual([1, "notifications/resources/list_changed"]);
		await sse.close();
	});
});

it.each(["at /mcp", "at /sse"])("a tool that is still at work is told to stop, %s", async (where) => {
	const tokens = await signInHere(`${crypto.randomUUID()}@example.com`);
	const { access_token: token } = tokens;
	const hold = newHold();
	const call = callTool("hold", { name: hold.name });
	const sse = where === "at /sse" ? await SseSession.open(token) : undefined;
	const answer = sse ? await sse.post(call) : await mcp(call, { token, session: await openSession(token) });
	await expect.poll(() => hold.state).toBe("waiting");
	await revoke(tokens);
	await expect.poll(() => hold.state).toBe("aborted");
	if (!sse) expect(await answer.text()).toContain('"code":-32000');
});
