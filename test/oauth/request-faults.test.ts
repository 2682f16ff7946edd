/** Authorization requests that the specifications forbid, or that this server cannot answer. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import worker from "#under-test";
import { REDIRECT_URI } from "../support/oauth-client.ts";
import { oauthClient, person } from "../support/worker.ts";

async function open(change: (parameters: URLSearchParams) => unknown): Promise<Response> {
	const { url } = await oauthClient().authorizationUrl(await oauthClient().register());
	const changed = new URL(url);
	change(changed.searchParams);
	return person().get(changed.href);
}

describe("an authorization request", () => {
	it.each([
		["two scopes", "invalid_request", (p: URLSearchParams) => ["tools", "notes"].map((one) => p.append("scope", one))],
		["two states", "invalid_request", (p: URLSearchParams) => p.append("state", "another")],
		["a request object", "request_not_supported", (p: URLSearchParams) => p.set("request", "eyJ")],
		["a request URI", "request_uri_not_supported", (p: URLSearchParams) => p.set("request_uri", "urn:x")],
		["another response mode", "invalid_request", (p: URLSearchParams) => p.set("response_mode", "form_post")],
		["prompt none", "interaction_required", (p: URLSearchParams) => p.set("prompt", "none")],
		["prompt none and another", "invalid_request", (p: URLSearchParams) => p.set("prompt", "none login")],
		["a short challenge", "invalid_request", (p: URLSearchParams) => p.set("code_challenge", "short")],
		["a long challenge", "invalid_request", (p: URLSearchParams) => p.set("code_challenge", "x".repeat(200))],
	])("with %s goes back to the client with %s", async (_what, error, change) => {
		const response = await open(change);
		expect(response.status).toBe(302);
		const location = new URL(response.headers.get("Location") ?? "");
		expect(location.href.startsWith(REDIRECT_URI)).toBe(true);
		expect(location.searchParams.get("error")).toBe(error);
		expect(location.searchParams.get("error_description")).toBeTruthy();
		expect(location.searchParams.get("state")).toBe("client-state");
	});

	it("that fails writes nothing, and one that nobody has consented to is one write that expires in minutes", async () => {
		const puts: unknown[][] = [];
		const kv = new Proxy(env.OAUTH_KV, {
			get(target, name) {
				const value: unknown = Reflect.get(target, name);
				if (typeof value !== "function") return value;
				return (...args: unknown[]) => {
					if (name === "put") puts.push(args);
					return Reflect.apply(value, target, args);
				};
			},
		});
		const { url } = await oauthClient().authorizationUrl(await oauthClient().register());
		const ask = (address: string) =>
			worker.fetch(new Request(address), { ...env, OAUTH_KV: kv }, createExecutionContext());
		for (const wrong of ["prompt=none", "request=x", "redirect_uri=https://evil.example/"])
			await ask(`${url}&${wrong}`);
		expect(puts).toEqual([]);
		expect((await ask(url)).status).toBe(200);
		expect(puts).toEqual([[expect.stringMatching(/^transaction:/), expect.any(String), { expirationTtl: 600 }]]);
	});

	it.each(["client_id", "redirect_uri"])("with %s twice is answered with a page: nobody is trusted", async (name) => {
		const response = await open((parameters) => parameters.append(name, "https://evil.example/"));
		expect(response.status).toBe(400);
		expect(await response.text()).toContain("more than once");
	});

	it.each([
		["response mode query", (p: URLSearchParams) => p.set("response_mode", "query")],
		["two resources that are the same", (p: URLSearchParams) => p.append("resource", p.get("resource") ?? "")],
		["prompt login", (p: URLSearchParams) => p.set("prompt", "login")],
	])("with %s is answered", async (_what, change) => {
		expect([200, 302]).toContain((await open(change)).status);
	});
});
