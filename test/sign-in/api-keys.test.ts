import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import worker from "#under-test";
import { makeKey, recordName } from "../../src/auth/api-key.ts";
import { newHold } from "../support/fixture/control.ts";
import { counted, restart, tidy } from "../support/objects.ts";
import type { Fetch } from "../support/person.ts";
import { EventReader } from "../support/sse.ts";
import { stateless } from "../support/stateless.ts";
import {
	ask,
	askTool,
	callTool,
	DEPLOYED,
	INITIALIZE,
	LIST_TOOLS,
	LOCAL,
	mcp,
	openSession,
	settingsAt,
	storeKey,
} from "../support/worker.ts";

afterEach(() => vi.restoreAllMocks());

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const statusFor = async (token: string) => (await mcp(INITIALIZE, { token })).status;

async function askCaller(token: string) {
	const session = await openSession(token);
	return (await askTool("caller", {}, { token, session })).structuredContent;
}

async function listTools(token: string): Promise<string[]> {
	const { result } = await ask(LIST_TOOLS, { token, session: await openSession(token) });
	return (result as { tools: { name: string }[] }).tools.map(({ name }) => name);
}

it("a key is a user of its own, with what its record says", async () => {
	const key = await storeKey({
		id: "0123456789ab",
		name: "nightly build",
		permissions: ["image_generation"],
		scopes: ["identity", "images"],
	});
	expect(await askCaller(key)).toEqual({
		id: "key-0123456789ab",
		provider: "api-key",
		login: "nightly build",
		name: "nightly build",
		permissions: ["image_generation"],
		scopes: ["identity", "images"],
	});
	expect(await listTools(key)).toContain("guarded");
	expect(await listTools(key)).not.toContain("echo");
});

it("a key without a list of scopes has all, and without permissions none", async () => {
	const { scopes, permissions } = (await askCaller(await storeKey())) as { scopes: string[]; permissions: string[] };
	expect(scopes).toEqual(expect.arrayContaining(["tools", "identity", "images"]));
	expect(permissions).toEqual([]);
});

it("what a key may not do is not listed, and a call says what it takes", async () => {
	const key = await storeKey({ scopes: ["tools", "images"] });
	const session = await openSession(key);
	expect(await listTools(key)).not.toEqual(expect.arrayContaining(["guarded", "caller"]));
	const withoutPermission = await askTool("guarded", {}, { token: key, session });
	expect(withoutPermission).toMatchObject({ isError: true });
	expect(withoutPermission.content[0]?.text).toContain("Use an API key that has it");
	// Nobody can be asked for another scope, so there is no challenge.
	const withoutScope = await mcp(callTool("caller"), { token: key, session });
	expect(withoutScope.status).toBe(200);
	expect(await withoutScope.text()).toContain('needs the scope \\"identity\\"');
});

it("names that the server does not know mean nothing, and are in the log once", async () => {
	const warn = vi.spyOn(console, "warn").mockReturnValue(undefined);
	const key = await storeKey({ permissions: ["__proto__", "image_generaton"], scopes: ["identity", "toString"] });
	for (let visit = 0; visit < 2; visit++) {
		expect(await askCaller(key)).toMatchObject({ permissions: [], scopes: ["identity"] });
	}
	const lines = warn.mock.calls.map(([line]) => String(line)).filter((line) => line.includes("api_key_name_unknown"));
	expect(lines).toHaveLength(3);
	expect(lines.join()).toMatch(/__proto__.*image_generaton.*toString/s);
});

it("a request without a key is told what to send, and nothing about signing in", async () => {
	for (const headers of [{}, { Authorization: "Basic dXNlcjpwYXNz" }, { Authorization: "Bearer" }]) {
		const response = await mcp(INITIALIZE, { headers });
		expect(response.status).toBe(401);
		expect(response.headers.get("WWW-Authenticate")).toBe('Bearer realm="fixture-server"');
		expect(response.headers.get("Access-Control-Allow-Origin")).toBeTruthy();
		expect(await response.json()).toMatchObject({ error_description: expect.stringContaining("API key") });
	}
});

it.each([
	["was never made", async () => makeKey()],
	[
		"was revoked",
		async () => {
			const key = await storeKey();
			expect(await statusFor(key)).toBe(200);
			await env.OAUTH_KV.delete(await recordName(key));
			return key;
		},
	],
	["has expired", () => storeKey({ expiresAt: inSeconds(-1) })],
	["has a record of another shape", () => storeKey({ id: "Not ours" })],
	[
		"somebody chose",
		async () => {
			const record = await env.OAUTH_KV.get(await recordName(await storeKey()));
			await env.OAUTH_KV.put(await recordName("correct-horse-battery-staple"), record ?? "{}");
			return "correct-horse-battery-staple";
		},
	],
])("a key that %s gets 401", async (_what, make) => {
	vi.spyOn(console, "error").mockReturnValue(undefined);
	const response = await mcp(INITIALIZE, { token: await make() });
	expect(response.status).toBe(401);
	expect(response.headers.get("WWW-Authenticate")).toBe('Bearer realm="fixture-server", error="invalid_token"');
	expect(await response.json()).toMatchObject({ error: "invalid_token" });
});

it("beyond the limit of an address, bad keys are refused; a missing one is not counted, nor a good one", async () => {
	const keys: string[] = [];
	const limiter = {
		limit: async ({ key }: { key: string }) => {
			keys.push(key);
			return { success: !key.startsWith("bad-token:") };
		},
	};
	const own = { ...env, ...settingsAt(DEPLOYED), ADDRESS_LIMIT: limiter };
	const via: Fetch = async (url, init) => worker.fetch(new Request(url, init), own, createExecutionContext());
	const options = { origin: DEPLOYED, via };
	const bad = await mcp(INITIALIZE, { ...options, token: makeKey() });
	expect(bad.status).toBe(429);
	expect(bad.headers.get("Retry-After")).toBe("60");
	expect(bad.headers.get("WWW-Authenticate")).toBeNull();
	expect(await bad.json()).toMatchObject({ jsonrpc: "2.0", error: { code: -32000 } });
	expect(keys).toEqual(["bad-token:"]);
	expect((await mcp(INITIALIZE, options)).status).toBe(401);
	expect((await mcp(INITIALIZE, { ...options, token: await storeKey() })).status).toBe(200);
	expect(keys).toEqual(["bad-token:"]);
});

it("keys of one name are two users, and their sessions are their own", async () => {
	const [one, other] = [await storeKey({ name: "ci" }), await storeKey({ name: "ci" })];
	const session = await openSession(one);
	expect((await mcp(LIST_TOOLS, { token: one, session })).status).toBe(200);
	expect((await mcp(LIST_TOOLS, { token: other, session })).status).toBe(404);
});

it("a key works in every era, and at /sse", async () => {
	const token = await storeKey();
	const { message, headers } = stateless("tools/call", { name: "echo", arguments: { text: "hello" } });
	expect(await (await mcp(message, { token, headers })).text()).toContain('"text":"hello"');
	const stream = new EventReader(await mcp(null, { token, method: "GET", path: "/sse" }));
	const { data = "" } = (await stream.next()) ?? {};
	expect((await mcp(INITIALIZE, { token, path: data })).status).toBe(202);
	expect((await stream.next())?.data).toContain("serverInfo");
	await stream.close();
});

it("a stream ends with its key", async () => {
	const token = await storeKey({ expiresAt: inSeconds(2) });
	const session = await openSession(token);
	const stream = new EventReader(await mcp(null, { token, session, method: "GET" }));
	expect(await stream.next()).toMatchObject({ data: "" });
	expect(await stream.next()).toBeUndefined();
});

it("a call costs one KV read", async () => {
	const key = await storeKey();
	const session = await openSession(key);
	const kv: string[] = [];
	const headers = {
		Authorization: `Bearer ${key}`,
		Accept: "application/json, text/event-stream",
		"Content-Type": "application/json",
		"Mcp-Session-Id": session,
	};
	const request = new Request(`${LOCAL}/mcp`, {
		method: "POST",
		headers,
		body: JSON.stringify(callTool("echo", { text: "a" })),
	});
	const response = await worker.fetch(
		request,
		{ ...env, OAUTH_KV: counted(env.OAUTH_KV, kv) },
		createExecutionContext(),
	);
	expect(await response.text()).toContain('"text":"a"');
	expect(kv).toEqual(["get"]);
});

it("while storage does not answer, a client is told to try again", async () => {
	vi.spyOn(console, "error").mockReturnValue(undefined);
	const key = await storeKey();
	const broken = { get: () => Promise.reject(new Error("secret cause")) } as unknown as KVNamespace;
	const via: Fetch = async (url, init) =>
		worker.fetch(new Request(url, init), { ...env, OAUTH_KV: broken }, createExecutionContext());
	const response = await mcp(INITIALIZE, { token: key, via });
	expect(response.status).toBe(503);
	expect(response.headers.get("Retry-After")).toBe("30");
	expect(await response.json()).toMatchObject({
		jsonrpc: "2.0",
		error: { message: expect.stringContaining("Try again") },
	});
	expect((await mcp(INITIALIZE, { token: key })).status).toBe(200);
});

it("a task is the key's, and one that a restart cut short is repeated when its program asks for it", async () => {
	const permissions = ["image_generation"];
	const token = await storeKey({ id: "0123456789ad", permissions });
	const capabilities = { extensions: { "io.modelcontextprotocol/tasks": {} } };
	const post = async (method: string, params: Record<string, unknown>, key = token) => {
		const { headers, message } = stateless(method, params, capabilities);
		const name = typeof params.taskId === "string" && { "Mcp-Name": params.taskId };
		return (await mcp(message, { token: key, headers: { ...headers, ...name } })).text();
	};
	const held = newHold();
	const started = await post("tools/call", { name: "redraw", arguments: { name: held.name } });
	const taskId = /"taskId":"([^"]+)"/.exec(started)?.[1] ?? "";
	await expect.poll(() => held.calls).toBe(1);
	expect(await post("tasks/get", { taskId }, await storeKey({ permissions }))).toContain("Task not found");
	await restart("key-0123456789ad");
	await tidy("key-0123456789ad");
	expect(held.calls).toBe(1);
	expect(await post("tasks/get", { taskId })).toContain('"status":"working"');
	await expect.poll(() => held.calls).toBe(2);
	held.release();
	await expect.poll(() => post("tasks/get", { taskId })).toContain("Drawn for nobody.");
});
