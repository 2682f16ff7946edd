/** What a client may register. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import worker from "#under-test";
import { counted } from "../support/objects.ts";
import { LOCAL, oauthClient, person } from "../support/worker.ts";

/** What a registration is answered, and how often it wrote. */
async function register(members: object) {
	const kv: string[] = [];
	const request = new Request(`${LOCAL}/register`, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({
			redirect_uris: ["https://app.example/callback"],
			token_endpoint_auth_method: "none",
			...members,
		}),
	});
	const counting = { ...env, OAUTH_KV: counted(env.OAUTH_KV, kv) };
	const response = await worker.fetch(request, counting, createExecutionContext());
	const body = await response.json<Record<string, string>>();
	return { status: response.status, body, writes: kv.filter((method) => method === "put").length };
}

describe("a registration", () => {
	it("of at most 16 KiB is one write", async () => {
		expect(await register({ client_uri: `https://app.example/${"x".repeat(15_000)}` })).toMatchObject({
			status: 201,
			writes: 1,
		});
	});

	it("that is larger is refused, and writes nothing", async () => {
		const large = await register({ client_uri: `https://app.example/${"x".repeat(17_000)}` });
		expect(large).toMatchObject({ status: 413, writes: 0 });
		expect(large.body.error_description).toContain("16 KiB");
	});

	it("has its names cut at 100 characters", async () => {
		const { body } = await register({ client_name: "n".repeat(300), "client_name#de": "m".repeat(300) });
		expect(body.client_name).toBe(`${"n".repeat(99)}…`);
		expect(body["client_name#de"]).toBe(`${"m".repeat(99)}…`);
	});

	it("names at most 20 redirect URIs", async () => {
		const uris = Array.from({ length: 21 }, (_, index) => `https://app.example/${index}`);
		expect((await register({ redirect_uris: uris.slice(1) })).status).toBe(201);
		expect(await register({ redirect_uris: uris })).toMatchObject({ status: 400, writes: 0 });
	});

	it.each([
		" https://app.example/callback",
		"https://app.example/call back",
		"https://app.example/\ncallback",
		"https:\\\\app.example\\callback",
		"https://*.example/callback",
		"https://app.example/\u202Ekcabllac",
		`${LOCAL}/callback`,
		`${LOCAL}/account`,
	])("with the redirect URI %j is refused, also beside a good one", async (uri) => {
		for (const redirect_uris of [[uri], ["https://app.example/callback", uri]]) {
			const { status, body, writes } = await register({ redirect_uris });
			expect({ status, error: body.error, writes }).toEqual({
				status: 400,
				error: "invalid_redirect_uri",
				writes: 0,
			});
		}
	});

	it("for any port of this computer does not lead back to this server", async () => {
		const clientId = await oauthClient().register("App", ["http://localhost/account"]);
		const { url } = await oauthClient().authorizationUrl(clientId, { redirectUri: `${LOCAL}/account` });
		const response = await person().get(url);
		expect(response.status).toBe(400);
		expect(await response.text()).toContain("a page of this server itself");
	});
});
