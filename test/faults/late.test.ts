/** Everything that the server waits for has a deadline: then the caller is told what to do, and nothing is lost. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import worker from "#under-test";
import { REDIRECT_URI, type Tokens } from "../support/oauth-client.ts";
import type { Fetch } from "../support/person.ts";
import { callTool, DEPLOYED, INITIALIZE, LOCAL, mcp, openSession, settingsAt, signIn } from "../support/worker.ts";

let lines: string[] = [];
let tokens: Tokens & { client_id: string };
beforeEach(async () => {
	lines = [];
	vi.spyOn(console, "error").mockImplementation((line) => void lines.push(String(line)));
	tokens = await signIn({ resource: LOCAL, email: `${crypto.randomUUID()}@example.com` });
});
afterEach(() => vi.restoreAllMocks());

/** A Worker that waits for a second at most. */
function impatient(own: object = {}): Fetch {
	const seconds = {
		REQUEST_TIMEOUT_SECONDS: "1",
		STORAGE_TIMEOUT_SECONDS: "1",
		CALL_TIMEOUT_SECONDS: "1",
		LONG_CALL_TIMEOUT_SECONDS: "1",
		// A refresh waits for the provider, too.
		UPSTREAM_TIMEOUT_SECONDS: "1",
	};
	const all = { ...env, ...seconds, ...own } as Env;
	return async (url, init) => worker.fetch(new Request(url, init), all, createExecutionContext());
}

const never = () => new Promise<never>(() => {});
const silent = () => new Proxy({}, { get: () => never });

/** A body that begins, and may go on after a while. */
function body(beginning: string, rest?: string): ReadableStream {
	const { readable, writable } = new TransformStream();
	const writer = writable.getWriter();
	const write = (text: string) => writer.write(new TextEncoder().encode(text));
	void write(beginning);
	if (rest !== undefined) scheduler.wait(200).then(() => Promise.all([write(rest), writer.close()]));
	return readable;
}

const OPERATOR_KEY = "the-key-of-an-operator-who-has-no-patience";
const FORM = "application/x-www-form-urlencoded";
const BODIES: [path: string, type: string, text: string, status: number][] = [
	["/mcp", "application/json", JSON.stringify(INITIALIZE), 200],
	["/sse/message?sessionId=x", "application/json", JSON.stringify(INITIALIZE), 404],
	["/register", "application/json", JSON.stringify({ redirect_uris: [REDIRECT_URI] }), 201],
	["/token", FORM, "grant_type=refresh_token&refresh_token=x&client_id=x", 401],
	["/authorize", FORM, "handle=x&decision=deny", 400],
	["/callback", FORM, "handle=x&email=x", 400],
	["/operator/grants/revoke", "application/json", '{"client":"none"}', 200],
];

describe.each(BODIES)("a request to %s whose body", (path, type, text, status) => {
	function send(rest?: string): Promise<Response> {
		const key = path.startsWith("/operator/") ? OPERATOR_KEY : tokens.access_token;
		return impatient({ OPERATOR_KEY })(LOCAL + path, {
			method: "POST",
			body: body(text.slice(0, 5), rest),
			headers: {
				...(type !== FORM && { Authorization: `Bearer ${key}` }),
				Accept: "application/json, text/event-stream",
				"Content-Type": type,
				Origin: LOCAL,
			},
		});
	}

	it("never arrives is told so", async () => {
		const response = await send();
		expect(response.status).toBe(408);
		expect(await response.text()).toContain("did not arrive within 1 s. Send it again.");
	});

	it("arrives late, but in time, is answered", async () => {
		const response = await send(text.slice(5));
		expect(response.status).toBe(status);
		await response.body?.cancel();
	});
});

describe("while Workers KV never answers", () => {
	const via = impatient({ OAUTH_KV: silent() });
	const asked: [what: string, ask: () => Promise<Response>][] = [
		["a call", () => mcp(INITIALIZE, { token: tokens.access_token, via })],
		["a registration", () => post("/register", JSON.stringify({ redirect_uris: [REDIRECT_URI] }), "application/json")],
		["a made-up code", () => post("/token", "grant_type=authorization_code&code=a:b:c&client_id=x", FORM)],
		["an authorization", () => via(`${LOCAL}/authorize?client_id=x&redirect_uri=${REDIRECT_URI}`)],
	];
	const post = (path: string, text: string, type: string) =>
		via(LOCAL + path, { method: "POST", body: text, headers: { "Content-Type": type } });

	it.each(asked)("%s is told to try again", async (_what, ask) => {
		const response = await ask();
		expect(response.status).toBe(503);
		expect(response.headers.get("Retry-After")).toBe("30");
		expect(await response.text()).toContain("storage does not answer");
		expect(lines.join("\n")).toContain("Workers KV took longer than 1 s");
	});
});

describe.each([
	["never answers", silent],
	[
		"cannot be reached",
		() => new Proxy({}, { get: () => () => Promise.reject(new Error("Network connection lost.")) }),
	],
])("while the object of a user %s", (_what, object) => {
	const via = impatient({ MCP_OBJECT: { getByName: object } });

	it("what needs it is told to try again, with its id", async () => {
		const { access_token: token } = tokens;
		const session = await openSession(token);
		const setLevel = { jsonrpc: "2.0", id: 7, method: "logging/setLevel", params: { level: "info" } };
		const listen = () => mcp(null, { token, session, method: "GET", via });
		const end = () => mcp(null, { token, session, method: "DELETE", via });
		for (const [id, ask] of [
			[7, () => mcp(setLevel, { token, session, via })] as const,
			[null, listen] as const,
			[null, end] as const,
		]) {
			const response = await ask();
			expect(response.status).toBe(503);
			expect(response.headers.get("Retry-After")).toBe("30");
			expect(await response.json()).toMatchObject({ id, error: { message: expect.stringContaining("Try again") } });
		}
		expect(lines.join("\n")).toContain("object_unavailable");
		expect((await mcp(setLevel, { token, session })).status).toBe(200);
	});

	it("a refresh is told to try again, and the grant is whole", async () => {
		const refresh = (via: Fetch) =>
			via(`${LOCAL}/token`, {
				method: "POST",
				body: new URLSearchParams({
					grant_type: "refresh_token",
					refresh_token: tokens.refresh_token ?? "",
					client_id: tokens.client_id,
				}),
			});
		const response = await refresh(via);
		expect(response.status).toBe(503);
		expect(response.headers.get("Retry-After")).toBe("30");
		expect(await response.json()).toMatchObject({ error: "temporarily_unavailable" });
		expect((await refresh(impatient())).status).toBe(200);
	});

	it("an ordinary call is answered", async () => {
		const { access_token: token } = tokens;
		const session = await openSession(token);
		const response = await mcp(callTool("echo", { text: "hello" }), { token, session, via });
		expect(await response.text()).toContain('"text":"hello"');
	});
});

describe.each([
	["never answers", { limit: never }],
	["fails", { limit: () => Promise.reject(new Error("no limits today")) }],
])("a rate limit that %s", (_what, limiter) => {
	it("locks nobody out", async () => {
		const own = { ...settingsAt(DEPLOYED), ADDRESS_LIMIT: limiter, USER_LIMIT: limiter };
		const response = await impatient(own)(`${DEPLOYED}/register`, {
			method: "POST",
			body: JSON.stringify({ redirect_uris: [REDIRECT_URI] }),
			headers: { "Content-Type": "application/json" },
		});
		expect(response.status).toBe(201);
		expect(lines.join("\n")).toContain("limit_unavailable");
	});
});
