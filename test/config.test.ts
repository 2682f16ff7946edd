import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readConfig } from "../src/config.ts";
import { ConfigError } from "../src/errors.ts";
import worker from "../src/index.ts";

function problemsOf(settings: Record<string, string>): readonly string[] {
	try {
		readConfig(settings);
	} catch (error) {
		if (error instanceof ConfigError) return error.problems;
	}
	return [];
}

describe("the settings", () => {
	it("may all be absent or empty", () => {
		const empty = {
			cookieEncryptionKey: undefined,
			allowLists: { image_generation: [], stdio: [] },
			allowedOrigins: [],
			identityProviders: [],
		};
		expect(readConfig({})).toEqual(empty);
		expect(readConfig({ COOKIE_ENCRYPTION_KEY: "", IMAGE_GENERATION_USERS: "", ALLOWED_ORIGINS: " , " })).toEqual(
			empty,
		);
	});

	it("are lists separated by commas", () => {
		const config = readConfig({
			IMAGE_GENERATION_USERS: "Alice, bob@Example.com ,",
			ALLOWED_ORIGINS: "https://a.example, https://b.example:8443",
		});
		expect(config.allowLists.image_generation).toEqual(["alice", "bob@example.com"]);
		expect(config.allowedOrigins).toEqual(["https://a.example", "https://b.example:8443"]);
	});

	it("that are wrong are named together, without their values", () => {
		const problems = problemsOf({
			COOKIE_ENCRYPTION_KEY: "too short",
			ALLOWED_ORIGINS: "https://a.example/path",
			IMAGE_GENERATION_USERS: "a b",
		});
		expect(problems).toHaveLength(3);
		expect(problems.join()).toMatch(
			/COOKIE_ENCRYPTION_KEY needs at least 32 characters.*ALLOWED_ORIGINS takes origins/s,
		);
		expect(problems.join()).not.toMatch(/too short|a\.example/);
	});
});

describe("a server with wrong settings", () => {
	const request = (url: string, accept: string) => new Request(url, { headers: { Accept: accept } });

	it("says which on every page and endpoint, and lets nobody in", async () => {
		const broken = { ...env, COOKIE_ENCRYPTION_KEY: "short" };
		for (const path of ["/", "/authorize", "/mcp", "/token"]) {
			const response = await worker.fetch(
				request(`http://localhost:8788${path}`, "text/html"),
				broken,
				createExecutionContext(),
			);
			expect(response.status).toBe(503);
		}
		const page = await worker.fetch(request("http://localhost:8788/", "text/html"), broken, createExecutionContext());
		expect(await page.text()).toContain("COOKIE_ENCRYPTION_KEY needs at least 32 characters");
	});
});

describe("a server that was given no key", () => {
	const { COOKIE_ENCRYPTION_KEY: _, ...keyless } = env;

	it("makes one on this computer, and keeps it", async () => {
		const { signingKey } = await import("../src/signing-key.ts");
		const [one, other] = await Promise.all([signingKey(keyless as Env, true), signingKey(keyless as Env, true)]);
		expect(one).toBe(other);
		expect(one.length).toBeGreaterThanOrEqual(32);
		expect(await env.OAUTH_KV.get("local:cookie-encryption-key")).toBe(one);
	});

	it("anywhere else asks for one", async () => {
		const { signingKey } = await import("../src/signing-key.ts");
		await expect(signingKey(keyless as Env, false)).rejects.toThrow("wrangler secret put COOKIE_ENCRYPTION_KEY");
	});
});
