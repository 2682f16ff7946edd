import { evictDurableObject, listDurableObjectIds, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { RemoteMcp } from "../../src/mcp/agent.ts";
import { sessionOf } from "../../src/mcp/session.ts";
import { SESSION_IDLE_SECONDS } from "../../src/mcp/session-record.ts";
import { EventReader } from "../support/sse.ts";
import { SseSession } from "../support/sse-session.ts";
import { askTool, callTool, INITIALIZE, LOCAL, mcp, oauthClient, openSession, signIn } from "../support/worker.ts";

const objects = () => listDurableObjectIds(env.MCP_OBJECT);
const objectOf = (session: string, transport = "streamable-http") =>
	env.MCP_OBJECT.getByName(`${transport}:${session}`);
const whoAnswers = async (token: string, session: string) => {
	return (await askTool("whoami", {}, { token, session })).structuredContent?.login;
};

/** Everything an object has written, as text. */
function storedIn(stub: DurableObjectStub<RemoteMcp>): Promise<string> {
	return runInDurableObject(stub, async (_instance: RemoteMcp, { storage }) => {
		const tables = [...storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")];
		const own = tables.filter(({ name }) => !name.startsWith("_cf_"));
		const rows = own.flatMap(({ name }) => [...storage.sql.exec(`SELECT * FROM "${name}"`)]);
		return [...(await storage.list()), ...rows].map((row) => JSON.stringify(row)).join("\n");
	});
}

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
	["POST", (session, token) => mcp(callTool("whoami"), { session, token })],
	["GET", (session, token) => mcp(null, { method: "GET", session, token })],
	["DELETE", (session, token) => mcp(null, { method: "DELETE", session, token })],
];

describe("a session at /mcp", () => {
	it("answers the user and client it was opened by", async () => {
		const { access_token: token } = await signIn();
		const session = await openSession(token);
		const { structuredContent } = await askTool("add", { a: 2, b: 3 }, { token, session });
		expect(structuredContent).toEqual({ sum: 5 });
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
			const before = await objects();
			const [id, signature = ""] = session.split(".");
			const forged = [
				"made-up",
				crypto.randomUUID(),
				`${crypto.randomUUID()}.${signature}`,
				`${id}.${signature.replace(/./g, "0")}`,
				`${id}.${signature.slice(1)}`,
				`${session}0`,
				session.toUpperCase(),
				`streamable-http:${session}`,
			];
			for (const made of forged) await expectNotFound(await use(made, token));
			expect(await objects()).toHaveLength(before.length);
		});

		it("is not found after it was deleted, also once its storage is gone", async () => {
			const { access_token: token } = await signIn();
			const session = await openSession(token);
			expect((await mcp(null, { method: "DELETE", session, token })).status).toBe(204);
			await expectNotFound(await use(session, token));
			await evictDurableObject(objectOf(session));
			await expectNotFound(await use(session, token));
			await evictDurableObject(objectOf(session));
			await expectNotFound(await mcp(INITIALIZE, { session, token }));
			expect(await storedIn(objectOf(session))).toBe("");
			expect(await runDurableObjectAlarm(objectOf(session))).toBe(false);
		});

		it("is not found at the other transport", async () => {
			const { access_token: token } = await signIn({ resource: null });
			const sse = await SseSession.open(token);
			const id = new URL(LOCAL + sse.endpoint).searchParams.get("sessionId") ?? "";
			const before = await objects();
			await expectNotFound(await use(id, token));
			expect(await objects()).toHaveLength(before.length);
			await sse.close();
		});
	});

	it("creates no object for requests that open none", async () => {
		const { access_token: token } = await signIn();
		const before = await objects();
		await mcp(INITIALIZE, { token, headers: { Accept: "application/json" } });
		await mcp(INITIALIZE, { token, headers: { "Content-Type": "text/plain" } });
		await mcp(callTool("whoami"), { token });
		await mcp({ ...INITIALIZE, params: {} }, { token });
		await mcp({ ...INITIALIZE, id: undefined }, { token });
		await mcp(INITIALIZE);
		expect(await objects()).toHaveLength(before.length);
	});
});

describe("props", () => {
	it("are those of the request, when two tokens of one user and client differ", async () => {
		const may = await signIn({ permissions: ["image_generation"] });
		const mayNot = await signIn({ clientId: may.client_id, resource: null });
		const session = await openSession(may.access_token);
		const ask = (token: string) => askTool("whoami", {}, { token, session });
		expect((await ask(may.access_token)).structuredContent?.permissions).toEqual(["image_generation"]);
		expect((await ask(mayNot.access_token)).structuredContent?.permissions).toEqual([]);
		const refused = await askTool("generateImage", { prompt: "a cat" }, { token: mayNot.access_token, session });
		expect(refused.isError).toBe(true);
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
		const scopes = async () => (await askTool("whoami", {}, { token, session })).structuredContent?.scopes;
		expect(await scopes()).toEqual(["identity"]);
		await evictDurableObject(objectOf(session));
		expect(await scopes()).toEqual(["identity"]);
	});
});

describe("an object that was evicted", () => {
	const initialize = {
		...INITIALIZE,
		params: { ...INITIALIZE.params, capabilities: { elicitation: {} } },
	};
	/** The server asks only clients that said they can be asked. */
	const QUESTION = { method: "elicitation/create", params: { message: "What should the image show?" } };

	it("goes on where it was, at /mcp, and knows what its client can do", async () => {
		const { access_token: token } = await signIn({ permissions: ["image_generation"] });
		const opened = await mcp(initialize, { token });
		const session = opened.headers.get("Mcp-Session-Id") ?? "";
		await opened.text();
		await evictDurableObject(objectOf(session));
		expect(await whoAnswers(token, session)).toBe("alice@example.com");
		const events = new EventReader(await mcp(callTool("generateImage"), { token, session }));
		expect(JSON.parse((await events.next())?.data ?? "")).toMatchObject(QUESTION);
		await events.close();
		expect((await mcp(initialize, { token, session })).status).toBe(400);
	});

	it("goes on where it was, at /sse, on the stream that stayed open", async () => {
		const { access_token: token } = await signIn({ permissions: ["image_generation"], resource: null });
		const sse = await SseSession.open(token);
		await sse.post(initialize);
		await sse.receive();
		const id = new URL(LOCAL + sse.endpoint).searchParams.get("sessionId") ?? "";
		await evictDurableObject(objectOf(id, "sse"));
		expect((await sse.callTool("add", { a: 1, b: 1 })).structuredContent).toEqual({ sum: 2 });
		await sse.post(callTool("generateImage"));
		expect(await sse.receive()).toMatchObject(QUESTION);
		await sse.close();
	});
});

describe("a session's storage", () => {
	it("holds what the client said of itself, and nothing of the user or their tokens", async () => {
		const { access_token: token, refresh_token = "" } = await signIn({
			permissions: ["image_generation"],
			resource: null,
		});
		const session = await openSession(token);
		await askTool("whoami", {}, { token, session });
		const sse = await SseSession.open(token);
		await sse.callTool("whoami", {});
		const sseId = new URL(LOCAL + sse.endpoint).searchParams.get("sessionId") ?? "";
		for (const stub of [objectOf(session), objectOf(sseId, "sse")]) {
			const stored = await storedIn(stub);
			expect(stored).toContain('"clientInfo"');
			for (const secret of [token, refresh_token, "alice", "image_generation", "Bearer"]) {
				expect(stored).not.toContain(secret);
			}
		}
		await sse.close();
	});

	it("is deleted when nobody used the session for as long as a grant lives unused", async () => {
		const { access_token: token } = await signIn();
		const session = await openSession(token);
		const stub = objectOf(session);
		const ringAlarm = async () => {
			await runInDurableObject(stub, async (instance: RemoteMcp) => {
				await instance.__unsafe_ensureInitialized();
				await instance.schedule(new Date(), "expire");
			});
			return runDurableObjectAlarm(stub);
		};
		expect(await ringAlarm()).toBe(true);
		expect(await whoAnswers(token, session)).toBe("alice@example.com");
		const longAgo = Math.floor(Date.now() / 1000) - SESSION_IDLE_SECONDS;
		await runInDurableObject(stub, (_instance: RemoteMcp, { storage }) => storage.put("lastUsed", longAgo));
		await evictDurableObject(stub);
		expect(await ringAlarm()).toBe(true);
		await expect.poll(() => storedIn(stub).catch(() => "still going")).not.toContain("clientInfo");
		await expectNotFound(await mcp(callTool("whoami"), { token, session }));
		expect(await storedIn(stub)).toBe("");
	});
});

describe("the stream at /mcp", () => {
	it("is replaced by a newer one of the same session, whatever the client adds to the address", async () => {
		const { access_token: token } = await signIn();
		const session = await openSession(token);
		const path = "/mcp?_pk=mine";
		const first = new EventReader(await mcp(null, { method: "GET", path, session, token }));
		const second = new EventReader(await mcp(null, { method: "GET", path, session, token }));
		expect(await first.next()).toBeUndefined();
		await second.close();
	});

	it("gets what the server sends outside of any request, also after eviction, and ends with the session", async () => {
		const { access_token: token } = await signIn();
		const session = await openSession(token);
		const events = new EventReader(await mcp(null, { method: "GET", session, token }));
		const announce = () => sessionOf(env, "streamable-http", session).announce({ lists: ["tools"], resources: [] });
		expect(await announce()).toBe(true);
		expect((await events.next())?.data).toContain("notifications/tools/list_changed");
		await evictDurableObject(objectOf(session));
		await announce();
		expect((await events.next())?.data).toContain("notifications/tools/list_changed");
		await mcp(null, { method: "DELETE", session, token });
		expect(await events.next()).toBeUndefined();
	});
});

describe("a client that does not read its stream", () => {
	it("is cut off before what waits for it fills the memory", async () => {
		const { access_token: token } = await signIn({ resource: null });
		const sse = await SseSession.open(token);
		// Whose name comes back with the answer that there is no such tool.
		const large = callTool("x".repeat(3 * 1024 * 1024));
		const statuses: number[] = [];
		for (let count = 0; count < 8; count++) statuses.push((await sse.post(large)).status);
		await expect.poll(async () => (await sse.post(callTool("whoami"))).status).toBe(404);
		expect(statuses).toContain(202);
		await sse.close();
	});
});

describe("a session at /sse", () => {
	it("posts to an endpoint on this server and is answered on the stream", async () => {
		const { access_token: token } = await signIn({ resource: `${LOCAL}/sse` });
		const sse = await SseSession.open(token);
		expect(sse.endpoint).toMatch(/^\/sse\/message\?sessionId=/);
		expect((await sse.callTool("add", { a: 20, b: 22 })).structuredContent).toEqual({ sum: 42 });
		await sse.close();
	});

	it("takes no message of another user, another client, or with a made-up id, and creates no object for it", async () => {
		const alice = await signIn({ resource: `${LOCAL}/sse` });
		const mallory = await signIn({ email: "mallory@example.com", resource: `${LOCAL}/sse` });
		const otherClient = await signIn({ resource: `${LOCAL}/sse` });
		const sse = await SseSession.open(alice.access_token);
		const before = await objects();
		for (const { access_token } of [mallory, otherClient]) {
			await expectNotFound(await sse.post(callTool("whoami"), access_token));
		}
		for (const id of ["made-up", crypto.randomUUID(), `${crypto.randomUUID()}.${"0".repeat(64)}`]) {
			const path = `/sse/message?sessionId=${id}`;
			await expectNotFound(await mcp(callTool("whoami"), { path, token: alice.access_token }));
		}
		expect(await objects()).toHaveLength(before.length);
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
		await expect.poll(async () => (await sse.post(callTool("whoami"))).status).toBe(404);
		await expectNotFound(await sse.post(callTool("whoami")));
	});

	it("answers each message with the props of the token it came with", async () => {
		const may = await signIn({ permissions: ["image_generation"], resource: null });
		const mayNot = await signIn({ clientId: may.client_id, resource: `${LOCAL}/sse` });
		const sse = await SseSession.open(may.access_token);
		const permissions = async (token: string) =>
			(await sse.callTool("whoami", {}, token)).structuredContent?.permissions;
		expect(await permissions(may.access_token)).toEqual(["image_generation"]);
		expect(await permissions(mayNot.access_token)).toEqual([]);
		await sse.close();
	});
});
