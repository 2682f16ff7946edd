import { describe, expect, it } from "vitest";
import { providers } from "../../src/identity/index.ts";
import { readProviders } from "../../src/identity/settings.ts";
import { secretOf } from "../support/identity/behaviour.ts";
import { EVERY_PROVIDER, PROVIDERS } from "../support/identity/cases.ts";
import { ORIGIN, Server } from "../support/identity/server.ts";
import { readText } from "../support/person.ts";

const KEYS = PROVIDERS.flatMap(({ name, settings }) => {
	const all = settings("a-client");
	const known = providers.find(({ required }) => required.some((key) => key in all));
	return (known?.required ?? []).map((missing) => ({ name, missing, all }));
});

describe("the settings of an identity provider", () => {
	it("enable it by themselves, and it alone", () => {
		for (const { name, title, settings } of PROVIDERS) {
			const { providers: enabled, problems } = readProviders(providers, settings("a-client"));
			expect(problems).toEqual([]);
			expect(enabled.map((provider) => [provider.name, provider.title])).toEqual([[name, title]]);
		}
	});

	it("enable several together, in the same order always", () => {
		const { providers: enabled } = readProviders(providers, EVERY_PROVIDER);
		expect(enabled.map(({ name }) => name)).toEqual(PROVIDERS.map(({ name }) => name));
	});

	it("that are all absent or empty enable nothing, and are no mistake", () => {
		const empty = Object.fromEntries(Object.keys(EVERY_PROVIDER).map((key) => [key, ""]));
		for (const env of [{}, empty]) {
			expect(readProviders(providers, env)).toEqual({ providers: [], problems: [], warnings: [] });
		}
	});

	it.each(KEYS)("of $name without $missing are named as a mistake, and enable nothing", ({ missing, all }) => {
		const { providers: enabled, problems } = readProviders(providers, { ...all, [missing]: "" });
		expect(enabled).toEqual([]);
		expect(problems).toHaveLength(1);
		expect(problems[0]).toContain(`${missing} is not set`);
	});

	it.each([
		["access", "ACCESS_TOKEN_URL", "http://team.cloudflareaccess.com/token"],
		["access", "ACCESS_JWKS_URL", "not an address"],
		["auth0", "AUTH0_DOMAIN", "https://example.eu.auth0.com"],
		["auth0", "AUTH0_DOMAIN", "example.eu.auth0.com/"],
		["github", "GITHUB_HOST", "https://github.example.com"],
		["github", "GITHUB_HOST", "user@github.example.com"],
		["oidc", "OIDC_ISSUER", "http://login.example.org"],
		["oidc", "OIDC_ISSUER", "login.example.org"],
	])("of %s with a wrong %s (%s) say so without repeating it", (name, key, value) => {
		const settings = PROVIDERS.find((provider) => provider.name === name)?.settings("a-client");
		const { providers: enabled, problems } = readProviders(providers, { ...settings, [key]: value });
		expect(enabled).toEqual([]);
		expect(problems).toHaveLength(1);
		expect(problems[0]).toContain(key);
		expect(problems[0]).not.toContain(value);
	});

	it("never let a secret into a sentence", () => {
		for (const { all, missing } of KEYS) {
			const { problems } = readProviders(providers, { ...all, [missing]: "" });
			expect(problems.join()).not.toContain(secretOf("a-client"));
		}
	});
});

describe("a server with a half-configured provider", () => {
	const settings = { ...EVERY_PROVIDER, GITHUB_CLIENT_SECRET: "" };

	it.each(["/", "/authorize", "/sign-in", "/callback?code=a&state=b"])(
		"names the missing key on its page %s, and lets nobody in",
		async (path) => {
			const server = new Server(settings);
			const response = await server.person().get(ORIGIN + path);
			expect(response.status).toBe(503);
			expect(response.headers.has("Location")).toBe(false);
			expect(readText(await response.text())).toContain("GITHUB_CLIENT_SECRET is not set");
		},
	);

	it.each(["/token", "/register", "/mcp", "/sse"])("answers programs at %s that it is not configured", async (path) => {
		const response = await new Server(settings).fetch(ORIGIN + path, { method: path === "/sse" ? "GET" : "POST" });
		expect(response.status).toBe(503);
		await response.text();
	});
});
