/**
 * A deployment runs in many isolates, which share nothing but KV and Durable Objects. Here it runs in two: the same code
 * twice, with the objects of one of them.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unstable_readConfig } from "wrangler";
import { OAuthClient } from "../support/oauth-client.ts";
import type { Fetch } from "../support/person.ts";
import { EventReader } from "../support/sse.ts";
import { stateless } from "../support/stateless.ts";
import { bundle } from "./bundle.ts";

const ORIGIN = "http://localhost:8788";
const NAMES = ["first", "second"] as const;
type Name = (typeof NAMES)[number];

let folder: string;
let miniflare: Miniflare;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "isolates-"));
	const code = await bundle("test/e2e/waiting-server/index.ts", "wrangler.jsonc", folder);
	const { compatibility_date, compatibility_flags } = unstable_readConfig({ config: "wrangler.jsonc" });
	const common = {
		modules: [{ type: "ESModule" as const, path: code }],
		modulesRoot: folder,
		compatibilityDate: compatibility_date ?? "",
		compatibilityFlags: compatibility_flags,
		kvNamespaces: { OAUTH_KV: "grants" },
		bindings: { COOKIE_ENCRYPTION_KEY: "a key that only this test uses, long enough" },
	};
	const objects = { RemoteMcp: { className: "RemoteMcp", useSQLite: true } };
	const options = convertV4MiniflareOptions({
		workers: [
			{ ...common, name: "first", durableObjects: { MCP_OBJECT: objects.RemoteMcp } },
			{ ...common, name: "second", durableObjects: { MCP_OBJECT: { ...objects.RemoteMcp, scriptName: "first" } } },
		],
	});
	miniflare = new Miniflare(options);
	await miniflare.ready;
});

afterAll(async () => {
	await miniflare?.dispose();
	await rm(folder, { recursive: true, force: true });
});

/** A request that arrives at one of the isolates. */
const at =
	(name: Name): Fetch =>
	async (url, init) => {
		const worker: unknown = await miniflare.getWorker(name);
		return (worker as { fetch: Fetch }).fetch(url, init);
	};

async function signIn(email: string): Promise<string> {
	return (await new OAuthClient(at("first"), ORIGIN).signIn({ email, resource: null })).access_token;
}

function post(name: Name, token: string, message: object, headers: Record<string, string> = {}): Promise<Response> {
	return at(name)(`${ORIGIN}/mcp`, {
		method: "POST",
		headers: {
			Authorization: `Bearer ${token}`,
			Accept: "application/json, text/event-stream",
			"Content-Type": "application/json",
			...headers,
		},
		body: JSON.stringify(message),
	});
}

const call = (name: string, args: object, id = 1) => {
	return { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } };
};

async function openSession(name: Name, token: string) {
	const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
	const opened = await post(name, token, { jsonrpc: "2.0", id: 0, method: "initialize", params });
	return { "Mcp-Session-Id": opened.headers.get("Mcp-Session-Id") ?? "", "MCP-Protocol-Version": "2025-11-25" };
}

const listening = (name: Name, token: string, headers: Record<string, string>) =>
	at(name)(`${ORIGIN}/mcp`, {
		headers: { ...headers, Authorization: `Bearer ${token}`, Accept: "text/event-stream" },
	});

const LIST_CHANGED = "notifications/resources/list_changed";

describe("of two isolates", () => {
	it("one knows a session that the other opened", async () => {
		const token = await signIn("either@example.com");
		const session = await openSession("first", token);
		const answer = await (await post("second", token, call("add", { a: 1, b: 2 }), session)).json();
		expect(answer).toMatchObject({ result: { structuredContent: { sum: 3 } } });
	});

	it("a change made in one reaches the streams that are open in the other, in every era", async () => {
		const token = await signIn("changes@example.com");
		const session = await openSession("second", token);
		const stream = new EventReader(await listening("second", token, session));
		await stream.next();
		const { headers, message } = stateless("subscriptions/listen", { notifications: { resourcesListChanged: true } });
		const listen = new EventReader(await post("second", token, message, headers));
		await listen.next();
		await post("first", token, call("remember", { note: "from elsewhere" }), session);
		expect((await stream.next())?.data).toContain(LIST_CHANGED);
		expect((await listen.next())?.data).toContain(LIST_CHANGED);
		await Promise.all([stream.close(), listen.close()]);
	});

	it("a call that began in one is cancelled through the other", async () => {
		const token = await signIn("cancels@example.com");
		const session = await openSession("first", token);
		const name = crypto.randomUUID();
		const stream = await post("first", token, call("wait", { name }, 7), session);
		const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } };
		expect((await post("second", token, cancel, session)).status).toBe(202);
		expect(await stream.text()).not.toContain('"result"');
	});

	it("a session that ended in one has no stream in the other", async () => {
		const token = await signIn("ends@example.com");
		const session = await openSession("first", token);
		const headers = { ...session, Authorization: `Bearer ${token}` };
		expect((await at("first")(`${ORIGIN}/mcp`, { method: "DELETE", headers })).status).toBe(204);
		expect((await post("first", token, call("add", { a: 1, b: 2 }), session)).status).toBe(404);
		expect((await listening("second", token, session)).status).toBe(404);
	});
});
