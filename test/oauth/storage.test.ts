/** Storage that does not answer, and records that were damaged: clients are told what to do, and nothing is lost. */
import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import worker from "#under-test";
import type { RemoteMcp } from "../../src/index.ts";
import type { Tokens } from "../support/oauth-client.ts";
import { objectOf, reachingObjects, userOf } from "../support/objects.ts";
import { type Fetch, readText } from "../support/person.ts";
import { fetchWorker, INITIALIZE, LOCAL, mcp, oauthClient, signIn } from "../support/worker.ts";

/** What the log says. */
let lines: string[] = [];
let tokens: Tokens & { client_id: string };
beforeEach(async () => {
	lines = [];
	for (const method of ["warn", "error"] as const) {
		vi.spyOn(console, method).mockImplementation((line) => void lines.push(String(line)));
	}
	tokens = await signIn({ email: `${crypto.randomUUID()}@example.com` });
});
afterEach(() => vi.restoreAllMocks());

const refresh = (via?: Fetch) => {
	const fields = {
		grant_type: "refresh_token",
		refresh_token: tokens.refresh_token ?? "",
		client_id: tokens.client_id,
	};
	return (via ?? fetchWorker)(`${LOCAL}/token`, { method: "POST", body: new URLSearchParams(fields) });
};

type Change = (record: Record<string, unknown>) => string;

/** Damages the user's records of a kind: those in their object, and those that Workers KV has of tokens. */
async function damage(kind: "grant" | "token", change: Change): Promise<void> {
	const user = userOf(tokens.access_token);
	await runInDurableObject(objectOf(user), (_instance: RemoteMcp, { storage: { sql } }) => {
		const kept = sql.exec<{ name: string; value: string }>("SELECT name, value FROM grant_records").toArray();
		for (const { name, value } of kept.filter((record) => record.name.startsWith(`${kind}:`))) {
			sql.exec("UPDATE grant_records SET value = ? WHERE name = ?", change(JSON.parse(value)), name);
		}
	});
	for (const { name } of (await env.OAUTH_KV.list({ prefix: `token:${user}:` })).keys) {
		if (kind === "token") await env.OAUTH_KV.put(name, change((await env.OAUTH_KV.get(name, "json")) ?? {}));
	}
}

const DAMAGES: [what: string, Change][] = [
	["is not JSON", () => "{"],
	["is something else", () => '"text"'],
	["lacks what every record has", ({ scope: _, wrappedEncryptionKey: __, ...record }) => JSON.stringify(record)],
	[
		"has another ciphertext",
		(record) => JSON.stringify(record, (name, value) => (name === "encryptedProps" ? btoa("x".repeat(64)) : value)),
	],
	[
		"has a ciphertext that is not Base64",
		(record) => JSON.stringify(record, (name, value) => (name === "encryptedProps" ? "?!" : value)),
	],
];

describe.each(DAMAGES)("a grant whose record %s", (_what, change) => {
	it("is no grant any more: the app signs in again", async () => {
		await damage("grant", change);
		for (let attempt = 0; attempt < 2; attempt++) {
			const response = await refresh();
			expect(response.status).toBe(400);
			expect(await response.json()).toMatchObject({ error: "invalid_grant" });
		}
		expect(lines.join("\n")).toContain("record_unreadable");
	});
});

describe.each(DAMAGES)("a token whose record %s", (_what, change) => {
	it("is not valid, and the app can refresh", async () => {
		const { access_token: token } = tokens;
		expect((await mcp(INITIALIZE, { token })).status).toBe(200);
		await damage("token", change);
		const response = await mcp(INITIALIZE, { token });
		expect(response.status).toBe(401);
		expect(response.headers.get("WWW-Authenticate")).toContain('error="invalid_token"');
		expect(lines.join("\n")).toMatch(/record_unreadable|token_validation_failed/);
		expect((await refresh()).status).toBe(200);
	});
});

/** Fails each call of a method, as KV does when it is out of reach. */
function failing(...methods: (keyof KVNamespace)[]): Fetch {
	const kv = new Proxy(env.OAUTH_KV, {
		get(target, name) {
			const value: unknown = Reflect.get(target, name);
			if (methods.includes(name as keyof KVNamespace)) return () => Promise.reject(new Error("secret cause"));
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
	const own = reachingObjects({ ...env, OAUTH_KV: kv });
	return async (url, init) => worker.fetch(new Request(url, init), own, createExecutionContext());
}

describe("while storage does not answer", () => {
	async function expectTryAgain(response: Response): Promise<void> {
		expect(response.status).toBe(503);
		expect(response.headers.get("Retry-After")).toBe("30");
		const text = await response.text();
		expect(text).toContain("temporarily_unavailable");
		expect(text).not.toContain("secret cause");
		expect(lines.join("\n")).toContain("secret cause");
	}

	it.each(["get", "put"] as const)("(%s) a refresh is told to try again, and the grant is whole", async (method) => {
		await expectTryAgain(await refresh(failing(method)));
		expect((await refresh()).status).toBe(200);
	});

	it("a call is told to try again, with the same token", async () => {
		await expectTryAgain(await mcp(INITIALIZE, { token: tokens.access_token, via: failing("get") }));
		expect((await mcp(INITIALIZE, { token: tokens.access_token })).status).toBe(200);
	});

	it("a registration is told to try again", async () => {
		const body = JSON.stringify({ redirect_uris: ["http://127.0.0.1/callback"], token_endpoint_auth_method: "none" });
		const headers = { "Content-Type": "application/json" };
		await expectTryAgain(await failing("put")(`${LOCAL}/register`, { method: "POST", headers, body }));
	});

	it.each(["get", "put"] as const)("(%s) a person who is about to consent sees a page", async (method) => {
		const { url } = await oauthClient().authorizationUrl(tokens.client_id);
		const response = await failing(method)(url, { headers: { Accept: "text/html" } });
		expect(response.status).toBe(503);
		expect(response.headers.get("Retry-After")).toBe("30");
		expect(readText(await response.text())).toContain("storage does not answer");
	});
});
