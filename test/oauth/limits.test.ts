/** Limits on what strangers can make, and on what users do, on a deployed server. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import worker from "#under-test";
import { grantTokens } from "../support/grants.ts";
import { REDIRECT_URI } from "../support/oauth-client.ts";
import { counted, userOf } from "../support/objects.ts";
import { DORA } from "../support/people.ts";
import type { Fetch } from "../support/person.ts";
import { callTool, DEPLOYED, INITIALIZE, LOCAL, mcp, openSession, settingsAt } from "../support/worker.ts";

/** What was counted. */
let keys: string[] = [];
beforeEach(() => {
	keys = [];
});

/** A Worker whose limits are used up for the keys that begin so. */
function workerBeyond(beginning: string, more: Partial<Env> = {}): Fetch {
	const limiter = {
		limit: async ({ key }: { key: string }) => {
			keys.push(key);
			return { success: !key.startsWith(beginning) };
		},
	};
	const own = { ...env, ...settingsAt(DEPLOYED), ADDRESS_LIMIT: limiter, USER_LIMIT: limiter, ...more };
	return async (url, init) => worker.fetch(new Request(url, init), own, createExecutionContext());
}

const from = (address: string, headers = {}) => ({ headers: { "CF-Connecting-IP": address, ...headers } });
const REGISTRATION = JSON.stringify({ redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: "none" });
const register = (via: Fetch, origin = DEPLOYED, accept = "application/json") =>
	via(`${origin}/register`, {
		method: "POST",
		body: REGISTRATION,
		...from("2001:db8:1:2::1", { "Content-Type": "application/json", Accept: accept }),
	});

const token = (via: Fetch, parameters: Record<string, string>) =>
	via(`${DEPLOYED}/token`, {
		method: "POST",
		body: new URLSearchParams(parameters),
		...from("203.0.113.7", { Accept: "application/json" }),
	});

const OPERATOR_KEY = "the-key-of-an-operator-in-the-tests-of-limits";

const deployedToken = async () =>
	(await grantTokens({ origin: DEPLOYED, props: { user: DORA }, resource: null })).access_token;

describe("beyond the limit of an address", () => {
	it("a registration is refused, and writes nothing", async () => {
		const kv: string[] = [];
		const response = await register(workerBeyond("registration:", { OAUTH_KV: counted(env.OAUTH_KV, kv) }));
		expect(response.status).toBe(429);
		expect(response.headers.get("Retry-After")).toBe("60");
		expect(await response.json()).toMatchObject({ error: "temporarily_unavailable" });
		expect(keys).toEqual(["registration:2001:db8:1:2"]);
		expect(kv).toEqual([]);
	});

	it("an authorization is refused with a page, and writes nothing", async () => {
		const kv: string[] = [];
		const via = workerBeyond("authorization:", { OAUTH_KV: counted(env.OAUTH_KV, kv) });
		const response = await via(`${DEPLOYED}/authorize?client_id=x`, from("203.0.113.7", { Accept: "text/html" }));
		expect(response.status).toBe(429);
		expect(response.headers.get("Retry-After")).toBe("60");
		expect(await response.text()).toContain("Too many requests came from your address");
		expect(keys).toEqual(["authorization:203.0.113.7"]);
		expect(kv).toEqual([]);
	});

	it("bad tokens are refused as JSON-RPC; a missing one is not counted, nor a good one", async () => {
		const via = workerBeyond("bad-token:");
		const bad = await mcp(INITIALIZE, { origin: DEPLOYED, token: "made-up", via });
		expect(bad.status).toBe(429);
		expect(bad.headers.get("Retry-After")).toBe("60");
		expect(await bad.json()).toMatchObject({ jsonrpc: "2.0", error: { code: -32000 } });
		keys = [];
		expect((await mcp(INITIALIZE, { origin: DEPLOYED, via })).status).toBe(401);
		const token = await deployedToken();
		expect((await mcp(INITIALIZE, { origin: DEPLOYED, token, via })).status).toBe(200);
		expect(keys.filter((key) => key.startsWith("bad-token"))).toEqual([]);
	});
});

describe("beyond the limit of bad tokens of an address", () => {
	it.each([
		["a made-up code", { grant_type: "authorization_code", code: "made-up", redirect_uri: REDIRECT_URI }],
		["a made-up refresh token", { grant_type: "refresh_token", refresh_token: "made-up" }],
	])("%s is refused", async (_name, parameters) => {
		const response = await token(workerBeyond("bad-token:"), { client_id: "unknown", ...parameters });
		expect(response.status).toBe(429);
		expect(response.headers.get("Retry-After")).toBe("60");
		expect(await response.json()).toMatchObject({ error: "temporarily_unavailable" });
		expect(keys).toEqual(["bad-token:203.0.113.7"]);
	});

	it("a good code is accepted, and not counted", async () => {
		const tokens = await grantTokens({ origin: DEPLOYED, props: { user: DORA }, via: workerBeyond("bad-token:") });
		expect(tokens.access_token).toBeTypeOf("string");
		expect(keys.map((key) => key.split(":")[0])).toEqual(["registration"]);
	});

	it("a wrong key of an operator is refused, and the right one is not", async () => {
		const via = workerBeyond("bad-token:", { OPERATOR_KEY });
		const as = (key: string) =>
			via(`${DEPLOYED}/operator/grants`, from("203.0.113.7", { Authorization: `Bearer ${key}` }));
		const refused = await as("wrong");
		expect(refused.status).toBe(429);
		expect(refused.headers.get("WWW-Authenticate")).toBeNull();
		expect((await as(OPERATOR_KEY)).status).toBe(200);
	});
});

describe("beyond the limit of authorizations of an address", () => {
	it.each([
		["a sign-in's end", "/callback?state=made-up&code=made-up", {}],
		["a sign-in to the account", "/account/sign-in?provider=github", { method: "POST", body: "" }],
	])("%s is refused with a page, and writes nothing", async (_name, path, init) => {
		const kv: string[] = [];
		const via = workerBeyond("authorization:", { OAUTH_KV: counted(env.OAUTH_KV, kv) });
		const { headers } = from("203.0.113.7", { Accept: "text/html", Origin: DEPLOYED });
		const response = await via(DEPLOYED + path, { ...init, headers });
		expect(response.status).toBe(429);
		expect(await response.text()).toContain("Too many requests came from your address");
		expect(keys).toEqual(["authorization:203.0.113.7"]);
		expect(kv).toEqual([]);
	});
});

describe("beyond the limit of a user", () => {
	it("a call is refused with its id, in every era, and a stream too", async () => {
		const token = await deployedToken();
		const session = await openSession(token, DEPLOYED);
		const options = { origin: DEPLOYED, token, session };
		const call = await mcp(callTool("echo", { text: "hello" }, 7), { ...options, via: workerBeyond("call:") });
		expect(call.status).toBe(429);
		expect(call.headers.get("Retry-After")).toBe("60");
		expect(await call.json()).toMatchObject({ jsonrpc: "2.0", id: 7, error: { code: -32000 } });
		expect(keys).toEqual([`call:${userOf(token)}`]);
		for (const path of ["/mcp", "/sse"]) {
			const stream = await mcp(null, { ...options, path, method: "GET", via: workerBeyond("stream:") });
			expect(stream.status, path).toBe(429);
			await stream.text();
		}
	});

	it("other users go on", async () => {
		const token = await deployedToken();
		const via = workerBeyond("call:somebody-else");
		expect((await mcp(INITIALIZE, { origin: DEPLOYED, token, via })).status).toBe(200);
	});
});

it("on this computer nothing is limited", async () => {
	expect((await register(workerBeyond(""), LOCAL)).status).toBe(201);
	expect(keys).toEqual([]);
});

it("a fork may remove the bindings", async () => {
	const unbound = { ADDRESS_LIMIT: undefined, USER_LIMIT: undefined } as unknown as Partial<Env>;
	expect((await register(workerBeyond("", unbound))).status).toBe(201);
});
