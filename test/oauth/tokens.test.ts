import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { grantTokens } from "../support/grants.ts";
import { REDIRECT_URI, type Tokens } from "../support/oauth-client.ts";
import { DORA } from "../support/people.ts";
import { fetchWorker, INITIALIZE, LOCAL, mcp, oauthClient, person, signIn } from "../support/worker.ts";

describe("registration", () => {
	it("takes a client with a private-use, an https and a loopback redirect URI together", async () => {
		const clientId = await oauthClient().register("Cursor", [
			"cursor://anysphere.cursor-mcp/oauth/callback",
			"https://www.cursor.com/agents/mcp/oauth/callback",
			"http://localhost:8787/callback",
		]);
		expect(clientId).toBeTruthy();
	});

	it("explains what is wrong with a client that cannot be registered", async () => {
		const response = await fetchWorker(`${LOCAL}/register`, {
			method: "POST",
			body: "{",
			headers: { "Content-Type": "application/json" },
		});
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject({ error: expect.any(String), error_description: expect.any(String) });
	});
});

async function opensSse(token: string): Promise<boolean> {
	const { status, body } = await mcp(null, { method: "GET", path: "/sse", token });
	await body?.cancel();
	return status === 200;
}

describe("the resource parameter", () => {
	const works = async (token: string) => ({
		mcp: (await mcp(INITIALIZE, { token })).status === 200,
		sse: await opensSse(token),
	});

	it("names the one endpoint its token works at", async () => {
		const forMcp = await signIn({ resource: `${LOCAL}/mcp` });
		expect(await works(forMcp.access_token)).toEqual({ mcp: true, sse: false });
		const forSse = await signIn({ resource: `${LOCAL}/sse` });
		expect(await works(forSse.access_token)).toEqual({ mcp: false, sse: true });
	});

	it.each([
		["the bare origin", `${LOCAL}/`],
		["the origin without a slash", LOCAL],
		["nothing", null],
	])("that names %s gives a token that works at both", async (_what, resource) => {
		const { access_token } = await signIn({ resource });
		expect(await works(access_token)).toEqual({ mcp: true, sse: true });
	});

	it("that names another server is answered with invalid_target", async () => {
		const client = oauthClient();
		const { url } = await client.authorizationUrl(await client.register(), {
			resource: "https://elsewhere.example/mcp",
		});
		const response = await fetchWorker(url, { redirect: "manual" });
		expect(response.headers.get("Location")).toContain(`${REDIRECT_URI}?error=invalid_target`);
	});
});

describe("a grant", () => {
	it("is refreshed, and the old access token's successor works", async () => {
		const { refresh_token = "", client_id } = await signIn();
		const response = await oauthClient().token({ grant_type: "refresh_token", refresh_token, client_id });
		expect(response.status).toBe(200);
		const refreshed: Tokens = await response.json();
		expect(refreshed.expires_in).toBeGreaterThan(0);
		expect(refreshed.refresh_token).toBeTruthy();
		expect((await mcp(INITIALIZE, { token: refreshed.access_token })).status).toBe(200);
	});

	it("cannot be refreshed by another client", async () => {
		const { refresh_token = "" } = await signIn();
		const client_id = await oauthClient().register("Another client");
		const response = await oauthClient().token({ grant_type: "refresh_token", refresh_token, client_id });
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject({ error: "invalid_grant" });
	});

	it("that is revoked ends its access token at once", async () => {
		const { access_token, refresh_token = "", client_id } = await signIn();
		const revoked = await oauthClient().token({ token: refresh_token, token_type_hint: "refresh_token", client_id });
		expect(revoked.status).toBe(200);
		expect((await mcp(INITIALIZE, { token: access_token })).status).toBe(401);
	});

	it("of a user with the longest id that storage takes works", async () => {
		const userId = "u".repeat(400);
		const { access_token } = await grantTokens({ origin: LOCAL, userId, props: { user: { ...DORA, id: userId } } });
		expect((await mcp(INITIALIZE, { token: access_token })).status).toBe(200);
	});

	it("whose stored shape is not today's asks for a new sign-in instead of failing", async () => {
		const { access_token } = await grantTokens({ origin: LOCAL, props: { login: "from an older version" } });
		const response = await mcp(INITIALIZE, { token: access_token });
		expect(response.status).toBe(401);
		expect(response.headers.get("WWW-Authenticate")).toContain('error="invalid_token"');
	});

	it("keeps what the user may do, and the tokens, unreadable in storage", async () => {
		const { access_token } = await signIn({ email: "private@example.com", permissions: ["image_generation"] });
		const { keys } = await env.OAUTH_KV.list();
		const values = await Promise.all(keys.map(({ name }) => env.OAUTH_KV.get(name)));
		expect(keys.length).toBeGreaterThan(0);
		expect(values.join()).not.toContain("image_generation");
		expect([...keys.map(({ name }) => name), ...values].join()).not.toContain(access_token);
	});
});

describe("scopes", () => {
	it("of a token are what was ticked, and what the user is permitted", async () => {
		expect((await signIn({ scopes: ["tools"] })).scope).toBe("tools");
		expect((await signIn({ permissions: [] })).scope).toBe("tools identity notes");
		expect((await signIn({ permissions: ["image_generation"] })).scope).toBe("tools identity notes images");
		expect((await signIn({ email: "listed@example.com" })).scope).toBe("tools identity notes images");
	});

	it("that nobody here knows are dropped, not fatal", async () => {
		expect((await signIn({ scope: "openid email profile" })).scope).toBe("tools identity notes");
		expect((await signIn({ scope: "openid tools" })).scope).toBe("tools");
	});

	it("can be narrowed with a refresh, and not widened", async () => {
		const { refresh_token = "", client_id } = await signIn({ scopes: ["tools", "identity"] });
		const refresh = (scope: string) =>
			oauthClient().token({ grant_type: "refresh_token", refresh_token, client_id, scope });
		expect(((await (await refresh("tools")).json()) as Tokens).scope).toBe("tools");
		const widened = await refresh("tools images");
		expect(widened.ok ? ((await widened.json()) as Tokens).scope : "refused").not.toContain("images");
	});

	it("of which the user is permitted none answer access_denied", async () => {
		const client = oauthClient();
		const clientId = await client.register();
		const { url } = await client.authorizationUrl(clientId, { scope: "images" });
		const end = await person().authorize(url);
		expect(end.searchParams.get("error")).toBe("access_denied");
		expect(end.searchParams.get("state")).toBe("client-state");
		expect(end.searchParams.get("iss")).toBe(LOCAL);
	});
});

it("one user's app on two devices has two grants, and neither ends the other", async () => {
	const first = await signIn();
	const second = await signIn({ clientId: first.client_id });
	for (const { access_token: token } of [first, second]) {
		const response = await mcp(INITIALIZE, { token });
		await response.text();
		expect(response.status).toBe(200);
	}
	const refresh = { grant_type: "refresh_token", refresh_token: first.refresh_token ?? "", client_id: first.client_id };
	expect((await oauthClient().token(refresh)).status).toBe(200);
});
