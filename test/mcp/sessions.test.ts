import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { userObjectOf } from "../../src/mcp/user-object.ts";
import { QUESTION } from "../support/fixture/asking.ts";
import { newHold } from "../support/fixture/control.ts";
import { evict, listObjects, openStreams, secretOf, storedIn, userOf } from "../support/objects.ts";
import { EventReader } from "../support/sse.ts";
import { SseSession } from "../support/sse-session.ts";
import { nextMessage } from "../support/wire.ts";
import { askTool, callTool, INITIALIZE, LOCAL, mcp, oauthClient, openSession, signIn } from "../support/worker.ts";

/** Somebody whom no other test knows. */
async function signInNew() {
	const email = `${crypto.randomUUID()}@example.com`;
	const { access_token: token } = await signIn({ email, resource: null });
	return { user: userOf(token), token };
}

const whoAnswers = async (token: string, session: string) => {
	return (await askTool("caller", {}, { token, session })).structuredContent?.login;
};

async function expectNotFound(response: Response): Promise<void> {
	expect(response.status).toBe(404);
	expect(response.headers.get("Access-Control-Allow-Origin")).toBeTruthy();
	expect(await response.json()).toEqual({
		jsonrpc: "2.0",
		// That of the request, or none.
		id: expect.toSatisfy((id) => id === null || typeof id === "number"),
		error: { code: -32001, message: "Session not found" },
	});
}

/** Every way to use a session id at `/mcp`. */
const USES: [string, (session: string, token: string) => Promise<Response>][] = [
	["POST", (session, token) => mcp(callTool("caller"), { session, token })],
	["GET", (session, token) => mcp(null, { method: "GET", session, token })],
	["DELETE", (session, token) => mcp(null, { method: "DELETE", session, token })],
];

describe("a session at /mcp", () => {
	it("answers the user and client it was opened by", async () => {
		const { access_token: token } = await signIn();
		const session = await openSession(token);
		const { structuredContent } = await askTool("echo", { text: "hello" }, { token, session });
		expect(structuredContent).toEqual({ text: "hello" });
	});

	describe.each(USES)("used by %s", (_method, use) => {
		it("is not found for another user", async () => {
			const alice = await signIn({ email: "alice@example.com" });
			const mallory = await signIn({ email: "mallory@example.com" });
			const session = await openSession(alice.access_token);
			await expectNotFound(await use(session, mallory.access_token));
			expect(await whoAnswers(alice.access_token, session)).toBe("alice@example.com");
		});

		it("is not found for another user of the same client", async () => {
			const alice = await signIn({ email: "alice@example.com" });
			const mallory = await signIn({ email: "mallory@example.com", clientId: alice.client_id });
			const session = await openSession(alice.access_token);
			await expectNotFound(await use(session, mallory.access_token));
		});

		it("is not found for another client of the same user", async () => {
			const editor = await signIn();
			const other = await signIn();
			const session = await openSession(editor.access_token);
			await expectNotFound(await use(session, other.access_token));
		});

		it("is not found when its id is made up or changed, and no object is created or woken", async () => {
			const { access_token: token } = await signIn();
			const session = await openSession(token);
			const before = await listObjects();
			const [id, signature = ""] = session.split(".");
			const forged = [
				"made-up",
				`${session.slice(1)}`,
				crypto.randomUUID(),
				`${crypto.randomUUID()}.${signature}`,
				`${id}.${signature.replace(/./g, "0")}`,
				`${id}.${signature.slice(1)}`,
				`${session}0`,
				session.toUpperCase(),
				`streamable-http:${session}`,
			];
			for (const made of forged) await expectNotFound(await use(made, token));
			expect(await listObjects()).toEqual(before);
		});

		it("is not found after it was deleted, also when the object was evicted", async () => {
			const { access_token: token } = await signIn();
			const session = await openSession(token);
			expect((await mcp(null, { method: "DELETE", session, token })).status).toBe(204);
			await expectNotFound(await use(session, token));
			await evict(userOf(token));
			await expectNotFound(await use(session, token));
			await expectNotFound(await mcp(INITIALIZE, { session, token }));
		});

		it("is not found at the other transport", async () => {
			const { access_token: token } = await signIn({ resource: null });
			const sse = await SseSession.open(token);
			const before = await listObjects();
			await expectNotFound(await use(sse.session, token));
			expect(await listObjects()).toEqual(before);
			await sse.close();
		});
	});

	it("creates no object for requests that open none", async () => {
		const { access_token: token } = await signIn();
		const before = await listObjects();
		await mcp(INITIALIZE, { token, headers: { Accept: "application/json" } });
		await mcp(INITIALIZE, { token, headers: { "Content-Type": "text/plain" } });
		await mcp(callTool("caller"), { token });
		await mcp({ ...INITIALIZE, params: {} }, { token });
		await mcp({ ...INITIALIZE, id: undefined }, { token });
		await mcp(INITIALIZE);
		expect(await listObjects()).toEqual(before);
	});
});

describe("props", () => {
	it("are those of the request, when two tokens of one user and client differ", async () => {
		const may = await signIn({ permissions: ["image_generation"] });
		const mayNot = await signIn({ clientId: may.client_id, resource: null });
		const session = await openSession(may.access_token);
		const ask = (token: string) => askTool("caller", {}, { token, session });
		expect((await ask(may.access_token)).structuredContent?.permissions).toEqual(["image_generation"]);
		expect((await ask(mayNot.access_token)).structuredContent?.permissions).toEqual([]);
		const enter = (token: string) => askTool("guarded", {}, { token, session });
		expect((await enter(mayNot.access_token)).isError).toBe(true);
		expect((await enter(may.access_token)).isError).toBeFalsy();
		const [one, other] = await Promise.all([ask(mayNot.access_token), ask(may.access_token)]);
		expect([one, other].map(({ structuredContent }) => structuredContent?.permissions)).toEqual([
			[],
			["image_generation"],
		]);
	});

	it("are those of the refreshed token, after a refresh and after eviction", async () => {
		const first = await signIn();
		const session = await openSession(first.access_token);
		const narrow = {
			grant_type: "refresh_token",
			refresh_token: first.refresh_token ?? "",
			client_id: first.client_id,
			scope: "identity",
		};
		const { access_token: token } = await (await oauthClient().token(narrow)).json<{ access_token: string }>();
		const scopes = async () => (await askTool("caller", {}, { token, session })).structuredContent?.scopes;
		expect(await scopes()).toEqual(["identity"]);
		await evict(userOf(token));
		expect(await scopes()).toEqual(["identity"]);
	});
});

describe("an object that was evicted", () => {
	const capabilities = { elicitation: {} };
	const initialize = { ...INITIALIZE, params: { ...INITIALIZE.params, capabilities } };
	/** The server asks only clients that said they can be asked. */
	const ASKED = { method: "elicitation/create", params: { message: QUESTION.message } };

	it("goes on where it was, at /mcp, and knows what its client can do", async () => {
		const { user, token } = await signInNew();
		const session = await openSession(token, LOCAL, capabilities);
		await openStreams(user);
		await evict(user);
		const events = new EventReader(await mcp(callTool("ask"), { token, session }));
		expect(await nextMessage(events)).toMatchObject(ASKED);
		await events.close();
		expect((await mcp(initialize, { token, session })).status).toBe(400);
	});

	it("goes on where it was, at /sse, on the stream that stayed open", async () => {
		const { user, token } = await signInNew();
		const sse = await SseSession.open(token, "/sse", initialize);
		await evict(user);
		expect((await sse.callTool("echo", { text: "hello" })).structuredContent).toEqual({ text: "hello" });
		await sse.post(callTool("ask"));
		expect(await sse.receive()).toMatchObject(ASKED);
		await sse.post(initialize);
		expect(await sse.receive()).toMatchObject({ id: 0, error: { code: -32600 } });
		await sse.close();
	});
});

describe("the object of a user", () => {
	it("holds nothing of them or their tokens", async () => {
		const email = `${crypto.randomUUID()}@example.com`;
		const { access_token: token, refresh_token = "" } = await signIn({ email, resource: null });
		const session = await openSession(token);
		const stream = await mcp(null, { method: "GET", session, token });
		const held = newHold();
		held.release();
		await askTool("hold", { name: held.name, text: "a cat" }, { token, session });
		const sse = await SseSession.open(token);
		await sse.callTool("caller", {});
		// The user's id is part of the names of records.
		const stored = (await storedIn(userOf(token))).replaceAll(userOf(token), "");
		expect(stored).toContain("a cat");
		for (const secret of [secretOf(token), secretOf(refresh_token), email, "Bearer"]) {
			expect(stored).not.toContain(secret);
		}
		await stream.body?.cancel();
		await sse.close();
	});
});

describe("the stream at /mcp", () => {
	it("is replaced by a newer one of the same session, whatever the client adds to the address", async () => {
		const { access_token: token } = await signIn();
		const session = await openSession(token);
		const path = "/mcp?_pk=mine";
		const first = new EventReader(await mcp(null, { method: "GET", path, session, token }));
		const second = new EventReader(await mcp(null, { method: "GET", path, session, token }));
		expect((await first.next())?.data).toBe("");
		expect(await first.next()).toBeUndefined();
		await second.close();
	});

	it("gets what the server sends outside of any request, also after eviction, and ends with the session", async () => {
		const { user, token } = await signInNew();
		const session = await openSession(token);
		const events = new EventReader(await mcp(null, { method: "GET", session, token }));
		const announce = () => userObjectOf(env, user).announce({ lists: ["tools"] });
		await announce();
		expect(await nextMessage(events)).toMatchObject({ method: "notifications/tools/list_changed" });
		await evict(user);
		await announce();
		expect(await nextMessage(events)).toMatchObject({ method: "notifications/tools/list_changed" });
		await mcp(null, { method: "DELETE", session, token });
		expect(await events.next()).toBeUndefined();
	});
});

describe("a client that does not read its stream", () => {
	it("is cut off before what waits for it fills the memory", async () => {
		const { access_token: token } = await signIn({ email: "reads-nothing@example.com", resource: null });
		const sse = await SseSession.open(token);
		const text = "x".repeat(60_000);
		const statuses: number[] = [];
		for (let count = 0; count < 80; count++) {
			statuses.push((await sse.post(callTool("echo", { text }, count))).status);
		}
		await expect.poll(async () => (await sse.post(callTool("caller"))).status).toBe(404);
		expect(statuses).toContain(202);
		await sse.close();
	});
});

describe("a session at /sse", () => {
	it("posts to an endpoint on this server and is answered on the stream", async () => {
		const { access_token: token } = await signIn({ resource: `${LOCAL}/sse` });
		const sse = await SseSession.open(token);
		expect(sse.endpoint).toMatch(/^\/sse\/message\?sessionId=/);
		expect((await sse.callTool("echo", { text: "hello" })).structuredContent).toEqual({ text: "hello" });
		await sse.close();
	});

	it("takes no message of another user, another client, or with a made-up id, and creates no object for it", async () => {
		const alice = await signIn({ resource: `${LOCAL}/sse` });
		const mallory = await signIn({ email: "mallory@example.com", resource: `${LOCAL}/sse` });
		const otherClient = await signIn({ resource: `${LOCAL}/sse` });
		const sse = await SseSession.open(alice.access_token);
		const before = await listObjects();
		for (const { access_token } of [mallory, otherClient]) {
			await expectNotFound(await sse.post(callTool("caller"), access_token));
		}
		for (const id of ["made-up", crypto.randomUUID(), `${crypto.randomUUID()}.${"0".repeat(64)}`]) {
			const path = `/sse/message?sessionId=${id}`;
			await expectNotFound(await mcp(callTool("caller"), { path, token: alice.access_token }));
		}
		expect(await listObjects()).toEqual(before);
		await sse.close();
	});

	it("cannot be opened under an id of the client's choosing", async () => {
		const { access_token: token } = await signIn({ resource: `${LOCAL}/sse` });
		const mine = await SseSession.open(token);
		const events = new EventReader(
			await mcp(null, { method: "GET", path: mine.endpoint.replace("/message", ""), token }),
		);
		expect((await events.next())?.data).not.toBe(mine.endpoint);
		await events.close();
		await mine.close();
	});

	it("is not found after its stream has closed", async () => {
		const { access_token: token } = await signIn({ resource: `${LOCAL}/sse` });
		const sse = await SseSession.open(token);
		await sse.close();
		await expect.poll(async () => (await sse.post(callTool("caller"))).status).toBe(404);
		await expectNotFound(await sse.post(callTool("caller")));
	});

	it("answers each message with the props of the token it came with", async () => {
		const may = await signIn({ permissions: ["image_generation"], resource: null });
		const mayNot = await signIn({ clientId: may.client_id, resource: `${LOCAL}/sse` });
		const sse = await SseSession.open(may.access_token);
		const permissions = async (token: string) =>
			(await sse.callTool("caller", {}, token)).structuredContent?.permissions;
		expect(await permissions(may.access_token)).toEqual(["image_generation"]);
		expect(await permissions(mayNot.access_token)).toEqual([]);
		await sse.close();
	});
});
