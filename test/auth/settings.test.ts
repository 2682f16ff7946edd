import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { parse } from "node-html-parser";
import { afterEach, describe, expect, it, vi } from "vitest";
import worker, { server } from "#under-test";
import { allowListsOf, readAllowLists } from "../../src/auth/permissions.ts";
import { problemsOf, readSettings } from "../../src/auth/settings.ts";
import { secretsFor } from "../../src/auth/signing-key.ts";
import { isPrivateUseUri, KNOWN_PRIVATE_USE_REDIRECT_URIS } from "../../src/oauth/redirect-uris.ts";
import { readSignInSettings } from "../../src/oauth/settings.ts";
import { readText } from "../support/person.ts";
import { DEPLOYED, LOCAL } from "../support/worker.ts";

afterEach(() => vi.restoreAllMocks());

const CLOUDFLARE = { CLOUDFLARE_CLIENT_ID: "id", CLOUDFLARE_CLIENT_SECRET: "secret" };

const allProblems = (env: object, isLocal: boolean) => [
	...problemsOf(readSettings(env), isLocal),
	...problemsOf(readSignInSettings(env), isLocal),
];

describe("the settings", () => {
	it("may all be absent or empty", () => {
		const empty = {
			cookieEncryptionKey: undefined,
			previousCookieEncryptionKey: undefined,
			sessionMaxAgeSeconds: 30 * 24 * 60 * 60,
			allowedOrigins: [],
			callTimeoutSeconds: 60,
			longCallTimeoutSeconds: 300,
			requestTimeoutSeconds: 30,
			storageTimeoutSeconds: 10,
			upstreamTimeoutSeconds: 10,
			problems: [],
			missing: [expect.stringContaining("COOKIE_ENCRYPTION_KEY")],
			warnings: [],
		};
		expect(readSettings({})).toEqual(empty);
		expect(readSettings({ COOKIE_ENCRYPTION_KEY: "", ALLOWED_ORIGINS: " , " })).toEqual(empty);
		expect(readSignInSettings({})).toEqual({
			identityProviders: [],
			clientMetadataDocuments: undefined,
			privateUseRedirectUris: [...KNOWN_PRIVATE_USE_REDIRECT_URIS],
			clientTrust: [],
			lifetimes: { accessTokenSeconds: 3600, idleSeconds: 30 * 24 * 3600, maxAgeSeconds: 90 * 24 * 3600 },
			replacedTokenSeconds: 0,
			operatorKey: undefined,
			policy: expect.objectContaining({ isLimited: false }),
			administratorContact: "",
			problems: [],
			missing: [expect.stringContaining("GITHUB_CLIENT_ID")],
			warnings: [],
		});
	});

	it("are lists separated by commas", () => {
		const config = readSettings({ ALLOWED_ORIGINS: "https://a.example, https://b.example:8443" });
		expect(config.allowedOrigins).toEqual(["https://a.example", "https://b.example:8443"]);
		expect(config.warnings).toEqual([]);
	});

	it("say whom users ask, in a few words", () => {
		expect(readSignInSettings({ ADMINISTRATOR_CONTACT: " it@example.com " }).administratorContact).toBe(
			"it@example.com",
		);
		const { problems } = readSignInSettings({ ADMINISTRATOR_CONTACT: "x".repeat(201) });
		expect(problems).toEqual(["ADMINISTRATOR_CONTACT takes at most 200 characters."]);
	});

	it("say who may sign in: what is wrong or ignored there is named with the rest", () => {
		const env = { ...CLOUDFLARE, HOSTED_DOMAIN: "https://example.com/", ALLOWED_DOMAINS: "example.com, *.example.org" };
		const { problems, warnings, identityProviders } = readSignInSettings(env);
		expect(identityProviders).toHaveLength(1);
		expect(problems).toEqual(["HOSTED_DOMAIN takes a domain such as example.com."]);
		expect(warnings).toEqual([
			expect.stringMatching(/^ALLOWED_DOMAINS: entry 2 is ignored/),
			expect.stringMatching(/^ALLOWED_DOMAINS is set, but Cloudflare does not say/),
		]);
	});

	it("say whether metadata documents are read", () => {
		for (const [text, expected] of [
			["on", true],
			["off", false],
			[" Off ", false],
			["", undefined],
		] as const) {
			expect(readSignInSettings({ CLIENT_METADATA_DOCUMENTS: text }).clientMetadataDocuments).toBe(expected);
		}
		const { problems } = readSignInSettings({ CLIENT_METADATA_DOCUMENTS: "secret" });
		expect(problems).toEqual(["CLIENT_METADATA_DOCUMENTS takes on or off."]);
	});

	it("say how long a call may take", () => {
		const settings = { CALL_TIMEOUT_SECONDS: " 1 ", LONG_CALL_TIMEOUT_SECONDS: "3600" };
		expect(readSettings(settings)).toMatchObject({ callTimeoutSeconds: 1, longCallTimeoutSeconds: 3600, problems: [] });
	});

	it.each(["0", "3601", "1.5", "-1", "1e2", "60s", "Infinity", "soon"])("take no time of %s for a call", (text) => {
		for (const name of ["CALL_TIMEOUT_SECONDS", "LONG_CALL_TIMEOUT_SECONDS"]) {
			const config = readSettings({ [name]: text });
			expect(config.problems).toEqual([`${name} takes whole seconds from 1 to 3600.`]);
			expect(config).toMatchObject({ callTimeoutSeconds: 60, longCallTimeoutSeconds: 300 });
		}
	});

	it("add redirect URIs to those that are known, each with a scheme of one app", () => {
		expect(KNOWN_PRIVATE_USE_REDIRECT_URIS.filter((uri) => !isPrivateUseUri(uri))).toEqual([]);
		const { privateUseRedirectUris } = readSignInSettings({
			PRIVATE_USE_REDIRECT_URIS: "com.example.app:/a, app://b/c?d=e ,",
		});
		expect(privateUseRedirectUris).toEqual([...KNOWN_PRIVATE_USE_REDIRECT_URIS, "com.example.app:/a", "app://b/c?d=e"]);
		for (const uri of [
			"https://app.example/callback",
			"http://localhost/callback",
			"javascript:alert(1)",
			"intent://app",
			"APP://b/c",
			"app://user@b/c",
			"app://b/c#d",
			"app:b c",
			"app",
			"*",
		]) {
			const config = readSignInSettings({ PRIVATE_USE_REDIRECT_URIS: `app://b/c,${uri}` });
			expect(config.warnings).toEqual([expect.stringMatching(/^PRIVATE_USE_REDIRECT_URIS: entry 2 is ignored/)]);
			expect(config.privateUseRedirectUris).toEqual([...KNOWN_PRIVATE_USE_REDIRECT_URIS, "app://b/c"]);
			expect(config.problems).toEqual([]);
		}
	});

	it("that are wrong are named together, without their values", () => {
		const env = {
			COOKIE_ENCRYPTION_KEY: "too short",
			SESSION_MAX_AGE_DAYS: ["alice"],
			CALL_TIMEOUT_SECONDS: "bridge.example",
			GITHUB_CLIENT_ID: "an-id",
		};
		const { cookieEncryptionKey } = readSettings(env);
		const problems = allProblems(env, false);
		expect(problems).toHaveLength(4);
		expect(problems.join()).toMatch(
			/COOKIE_ENCRYPTION_KEY needs at least 32 characters.*SESSION_MAX_AGE_DAYS takes text.*CALL_TIMEOUT_SECONDS takes.*GITHUB_CLIENT_SECRET is not set/s,
		);
		expect(problems.join()).not.toMatch(/too short|bridge\.example|alice|an-id/);
		expect(cookieEncryptionKey).toBeUndefined();
	});

	it("may be missing on this computer, and are named together anywhere else", () => {
		expect(allProblems({}, true)).toEqual([]);
		expect(allProblems({}, false).join()).toMatch(/COOKIE_ENCRYPTION_KEY.*identity provider/s);
		const half = allProblems({ GITHUB_CLIENT_ID: "x", COOKIE_ENCRYPTION_KEY: "short" }, false);
		// Each once: a short key is not a missing one, and half a provider is not none.
		expect(half).toHaveLength(2);
	});

	it("of a provider that have no effect alone are named", () => {
		const { warnings, problems } = readSignInSettings({ GITHUB_HOST: "github.example.com" });
		expect(warnings).toEqual([expect.stringMatching(/^GITHUB_HOST is ignored, because GITHUB_CLIENT_ID/)]);
		expect(problems).toEqual([]);
	});
});

describe("the settings that list users", () => {
	const listed = (settings: object) =>
		readAllowLists(server, { ...env, IMAGE_GENERATION_USERS: "", ...settings } as Env);

	it("take logins and addresses, in any case", () => {
		const { users, warnings } = listed({ IMAGE_GENERATION_USERS: "Alice, bob@Example.com ," });
		expect(users).toEqual({ image_generation: ["alice", "bob@example.com"], stdio: [] });
		expect(warnings).toEqual([]);
	});

	it.each(["IMAGE_GENERATION_USERS", "STDIO_ALLOWED_USERS"])("list users in %s, without what is none", (name) => {
		const { users, warnings } = listed({ [name]: "alice; bob, Carol, a b,dora@example.com" });
		expect(Object.values(users).flat()).toEqual(["carol", "dora@example.com"]);
		expect(warnings).toHaveLength(2);
		expect(warnings[1]).toMatch(new RegExp(`^${name}: entry 3 is ignored`));
		expect(warnings.join()).not.toMatch(/alice|a b/);
	});

	it("are text", () => {
		const { users, warnings } = listed({ IMAGE_GENERATION_USERS: ["alice"] });
		expect(users.image_generation).toEqual([]);
		expect(warnings).toEqual(["IMAGE_GENERATION_USERS takes text."]);
	});

	it("open the stdio server on this computer only where no list says who, even if nothing in it is right", () => {
		const usersOf = (list: string) => {
			const settings = { ...env, STDIO_URL: "http://127.0.0.1:8790", STDIO_ALLOWED_USERS: list };
			return allowListsOf(server, settings, true).stdio;
		};
		expect(usersOf("")).toEqual(["*"]);
		expect(usersOf("alice bob")).toEqual([]);
	});

	it("mean nothing for a stdio server that there is not", () => {
		expect(allowListsOf(server, { ...env, STDIO_ALLOWED_USERS: "alice" }, true)).toEqual({
			image_generation: ["listed@example.com"],
		});
	});
});

describe("ALLOWED_ORIGINS", () => {
	it.each([
		["https://app.example.com", "https://app.example.com"],
		["HTTPS://App.Example.com/", "https://app.example.com"],
		["https://app.example.com:443", "https://app.example.com"],
		["http://app.example.com:8080", "http://app.example.com:8080"],
		["https://münchen.example", "https://xn--mnchen-3ya.example"],
		["http://[2001:DB8::1]:3000", "http://[2001:db8::1]:3000"],
		["chrome-extension://abcdefghijklmnopabcdefghijklmnop", "chrome-extension://abcdefghijklmnopabcdefghijklmnop"],
		["moz-extension://2f2b1c3e-0000-4000-8000-000000000000/", "moz-extension://2f2b1c3e-0000-4000-8000-000000000000"],
		["safari-web-extension://2F2B1C3E-AAAA", "safari-web-extension://2f2b1c3e-aaaa"],
		["vscode-webview://0abc123", "vscode-webview://0abc123"],
		["app://obsidian.md", "app://obsidian.md"],
		["tauri://app:1430", "tauri://app:1430"],
		["app://-", "app://-"],
		["file://", "file://"],
		["File:///", "file://"],
	])("takes %s as browsers send it", (entry, origin) => {
		const { allowedOrigins, warnings } = readSettings({ ALLOWED_ORIGINS: entry });
		expect(warnings).toEqual([]);
		expect(allowedOrigins).toEqual([origin]);
	});

	it.each([
		["null", /null/],
		["*", /wildcard/],
		["https://*.example.com", /wildcard/],
		["app.example.com", /scheme/],
		["localhost:3000", /scheme/],
		["https://app.example.com/path", /path/],
		["https://app.example.com?x=1", /path/],
		["https://user@app.example.com", /more than/],
		["https://a.example https://b.example", /commas/],
		["app://", /more than/],
		["file:///index.html", /more than/],
		["file://host", /scheme/],
		["wss://app.example.com", /scheme/],
		["https://exa%mple.com", /not an origin/],
		["https://app.example.com:99999", /not an origin/],
	])("ignores %s, and says why without repeating it", (entry, why) => {
		const { allowedOrigins, warnings, problems } = readSettings({ ALLOWED_ORIGINS: `https://a.example,${entry}` });
		expect(allowedOrigins).toEqual(["https://a.example"]);
		expect(problems).toEqual([]);
		expect(warnings).toHaveLength(1);
		expect(warnings[0]).toMatch(/^ALLOWED_ORIGINS: entry 2 is ignored/);
		expect(warnings[0]).toMatch(why);
	});
});

const send = (url: string, settings: object, init?: RequestInit) =>
	worker.fetch(new Request(url, init), { ...env, ...settings }, createExecutionContext());

const JSON_RPC_PATHS = ["/mcp", "/sse", "/sse/message", "/stdio/mcp", "/stdio/sse"];
const METADATA_PATHS = ["/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource/mcp"];
const OAUTH_PATHS = [
	...["/", "/authorize", "/sign-in", "/callback", "/token", "/register", "/nowhere", "/stdio"],
	...METADATA_PATHS,
];

/** What is wrong, where, and what the answer names. */
const BROKEN: [what: string, origin: string, settings: object, names: string[]][] = [
	["no identity provider", DEPLOYED, {}, ["no identity provider", "wrangler secret put GITHUB_CLIENT_ID"]],
	[
		"half a provider and no key",
		DEPLOYED,
		{ GITHUB_CLIENT_ID: "a-client-id", COOKIE_ENCRYPTION_KEY: "" },
		["GITHUB_CLIENT_SECRET is not set", "wrangler secret put COOKIE_ENCRYPTION_KEY"],
	],
	["a key that is too short", LOCAL, { COOKIE_ENCRYPTION_KEY: "short" }, ["COOKIE_ENCRYPTION_KEY needs", ".dev.vars"]],
	["half a provider", LOCAL, { GITHUB_CLIENT_SECRET: "a-secret" }, ["GITHUB_CLIENT_ID is not set", ".dev.vars"]],
];

describe.each(BROKEN)("a server with %s", (_what, origin, settings, names) => {
	function expectAll(text: string): void {
		for (const name of names) expect(text).toContain(name);
		expect(text).not.toMatch(/a-client-id|a-secret|too short/);
	}

	it.each(JSON_RPC_PATHS)("says so at %s as a JSON-RPC error", async (path) => {
		for (const method of ["GET", "POST", "DELETE"]) {
			const response = await send(origin + path, settings, { method, headers: { Origin: "http://localhost:6274" } });
			expect(response.status).toBe(503);
			expect(response.headers.get("Retry-After")).toBeTruthy();
			expect(response.headers.get("Access-Control-Allow-Origin")).toBe("http://localhost:6274");
			const { jsonrpc, error } = (await response.json()) as { jsonrpc: string; error: { message: string } };
			expect(jsonrpc).toBe("2.0");
			expectAll(error.message);
		}
	});

	it.each(OAUTH_PATHS)("says so at %s as an OAuth error", async (path) => {
		for (const method of ["GET", "POST"]) {
			const response = await send(origin + path, settings, { method, headers: { Accept: "application/json" } });
			expect(response.status).toBe(503);
			const body = (await response.json()) as { error: string; error_description: string };
			expect(body.error).toBe("temporarily_unavailable");
			expectAll(body.error_description);
		}
	});

	it.each([...JSON_RPC_PATHS, ...OAUTH_PATHS])(
		"shows people who open %s a page without a link to itself",
		async (path) => {
			const response = await send(origin + path, settings, { headers: { Accept: "text/html,*/*" } });
			expect(response.status).toBe(503);
			const html = await response.text();
			expectAll(readText(html));
			expect(parse(html).querySelectorAll("a, link[rel=stylesheet]")).toHaveLength(0);
			expect(response.headers.has("Set-Cookie")).toBe(false);
		},
	);

	it("lets web pages ask, so that they can read the answer", async () => {
		const headers = { Origin: "http://localhost:6274", "Access-Control-Request-Method": "POST" };
		expect((await send(`${origin}/mcp`, settings, { method: "OPTIONS", headers })).status).toBe(204);
	});

	it("has no page that looks as if it worked, whatever the method", async () => {
		for (const method of ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"]) {
			for (const path of ["/", "/nowhere", "/callback?code=a&state=b"]) {
				expect((await send(origin + path, settings, { method })).status).toBe(503);
			}
		}
	});
});

describe("a server with a bad entry in a list", () => {
	it("works without it, and logs it once", async () => {
		const warn = vi.spyOn(console, "warn").mockReturnValue(undefined);
		const settings = { ALLOWED_ORIGINS: "null, app://desktop, not an origin" };
		for (let visit = 0; visit < 3; visit++) {
			const response = await send(`${LOCAL}/`, settings, { headers: { Origin: "app://desktop" } });
			expect(response.status).toBe(200);
		}
		expect((await send(`${LOCAL}/`, settings, { headers: { Origin: "null" } })).status).toBe(403);
		const lines = warn.mock.calls.map(([line]) => String(line));
		expect(lines.filter((line) => line.includes("setting_ignored"))).toHaveLength(2);
		expect(lines.join()).not.toContain("not an origin,");
	});
});

describe("a server that was given no key", () => {
	const { COOKIE_ENCRYPTION_KEY: _, ...keyless } = env;

	it("makes one on this computer, and keeps it", async () => {
		const secrets = () => secretsFor("session-id", keyless as Env, true);
		const [one, other] = await Promise.all([secrets(), secrets()]);
		expect(one).toEqual(other);
		expect(await env.OAUTH_KV.get("local:cookie-encryption-key")).toMatch(/^[0-9a-f]{64}$/);
	});

	it("makes none anywhere else", async () => {
		await expect(secretsFor("session-id", keyless as Env, false)).rejects.toThrow("COOKIE_ENCRYPTION_KEY is not set");
	});
});
