import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { grantTokens } from "../support/grants.ts";
import { REDIRECT_URI, type Tokens } from "../support/oauth-client.ts";
import { DORA } from "../support/people.ts";
import { fillIn } from "../support/person.ts";
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

	const askToRegister = (members: object) =>
		fetchWorker(`${LOCAL}/register`, {
			method: "POST",
			body: JSON.stringify({ redirect_uris: [REDIRECT_URI], ...members }),
			headers: { "Content-Type": "application/json" },
		});

	const OPTIONAL = [
		"client_name",
		"client_name#de",
		"client_uri",
		"logo_uri",
		"tos_uri#fr",
		"policy_uri",
		"tos_uri",
		"jwks_uri",
		"jwks",
		"contacts",
		"scope",
		"software_id",
		"software_version",
		"software_statement",
		"grant_types",
		"response_types",
		"token_endpoint_auth_method",
		"token_endpoint_auth_methods_supported",
		"token_endpoint_auth_signing_alg",
		"application_type",
	];

	it.each([null, ""])("takes optional members that are %j for absent, one by one and together", async (empty) => {
		const {
			client_id: _,
			client_secret: __,
			...usual
		} = (await (await askToRegister({})).json()) as object & {
			client_id: string;
			client_secret: string;
		};
		const all = Object.fromEntries(OPTIONAL.map((name) => [name, empty]));
		for (const members of [...OPTIONAL.map((name) => ({ [name]: empty })), all]) {
			const response = await askToRegister(members);
			expect(response.status).toBe(201);
			const registered = (await response.json()) as Record<string, unknown>;
			expect(
				Object.keys(registered)
					.filter((name) => !(name in usual))
					.sort(),
			).toEqual(["client_id", "client_secret"]);
			expect(registered.token_endpoint_auth_method).toBe("client_secret_basic");
			expect(registered.grant_types).toEqual(["authorization_code"]);
		}
	});

	it("keeps what was given beside them", async () => {
		const members = { client_name: "Kept", client_uri: "", contacts: null, token_endpoint_auth_method: "none" };
		expect(await (await askToRegister(members)).json()).toMatchObject({
			client_name: "Kept",
			redirect_uris: [REDIRECT_URI],
			token_endpoint_auth_method: "none",
		});
	});

	it("still needs redirect URIs, and members of the right kind", async () => {
		for (const members of [
			{ redirect_uris: null },
			{ redirect_uris: "" },
			{ client_uri: 5 },
			{ client_uri: "nowhere" },
		]) {
			expect((await askToRegister({ logo_uri: null, ...members })).status).toBe(400);
		}
		for (const body of ["null", "[]", '""', ""]) {
			const response = await fetchWorker(`${LOCAL}/register`, { method: "POST", body });
			expect(response.status).toBe(400);
		}
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

describe("parameters without a value", () => {
	const EMPTY = ["resource", "scope", "state", "nonce", "audience"];

	it("count as absent, at /authorize and at /token", async () => {
		const client = oauthClient();
		const clientId = await client.register();
		const { url, verifier } = await client.authorizationUrl(clientId, { resource: null });
		const end = await person().authorize(`${url}&${EMPTY.map((name) => `${name}=`).join("&")}`);
		const empty = Object.fromEntries(EMPTY.map((name) => [name, ""]));
		const response = await client.token({
			...empty,
			grant_type: "authorization_code",
			code: end.searchParams.get("code") ?? "",
			redirect_uri: REDIRECT_URI,
			code_verifier: verifier,
			client_id: clientId,
		});
		const { scope, resource, refresh_token = "" }: Tokens = await response.json();
		expect({ scope, resource }).toEqual({ scope: "tools identity notes", resource: LOCAL });
		const refresh = { ...empty, grant_type: "refresh_token", refresh_token, client_id: clientId };
		expect((await client.token(refresh)).status).toBe(200);
		expect((await client.token({ ...refresh, resource: "https://elsewhere.example" })).status).toBe(400);
	});

	it("do not stand for one that is needed", async () => {
		const { url } = await oauthClient().authorizationUrl(await oauthClient().register());
		for (const name of ["client_id", "redirect_uri"]) {
			const changed = new URL(url);
			changed.searchParams.set(name, "");
			expect((await person().get(changed.href)).status).toBe(400);
		}
		const response = await oauthClient().token({ grant_type: "", client_id: "x" });
		expect(response.status).toBeGreaterThanOrEqual(400);
	});
});

describe("scopes", () => {
	it("of a token are what was ticked, and what the user is permitted", async () => {
		expect((await signIn({ scopes: ["tools"] })).scope).toBe("tools");
		expect((await signIn({ permissions: [] })).scope).toBe("tools identity notes");
		expect((await signIn({ permissions: ["image_generation"] })).scope).toBe("tools identity notes images");
		expect((await signIn({ email: "listed@example.com" })).scope).toBe("tools identity notes images");
	});

	it("have offline_access, if the client asked for it: echoed, kept, and offered to nobody", async () => {
		const { scope, refresh_token = "", client_id, access_token } = await signIn({ scope: "tools offline_access" });
		expect(scope).toBe("tools offline_access");
		const response = await oauthClient().token({ grant_type: "refresh_token", refresh_token, client_id });
		expect(((await response.json()) as Tokens).scope).toBe("tools offline_access");
		const opened = await mcp(INITIALIZE, { token: access_token });
		expect(opened.status).toBe(200);
		await opened.body?.cancel();
		// A client that does not ask gets a refresh token all the same.
		const usual = await signIn({ scope: "tools" });
		expect(usual).toMatchObject({ scope: "tools", refresh_token: expect.any(String) });
	});

	it("that are offline_access alone are none of ours: all are offered", async () => {
		const { scope } = await signIn({ scope: "offline_access" });
		expect(scope).toBe("tools identity notes offline_access");
	});

	it("are none if only offline_access is left of what was asked for", async () => {
		const by = person();
		const { url } = await oauthClient().authorizationUrl(await oauthClient().register(), {
			scope: "tools offline_access",
		});
		const { fields } = fillIn(await (await by.get(url)).text(), { scopes: [] });
		expect(fields).toContainEqual(["offline_access", "on"]);
		expect((await by.post(`${LOCAL}/authorize`, fields)).status).toBe(400);
	});

	it("that nobody here knows are dropped, not fatal", async () => {
		expect((await signIn({ scope: "openid email profile" })).scope).toBe("tools identity notes");
		expect((await signIn({ scope: "openid tools" })).scope).toBe("tools");
	});

	it("can be narrowed with a refresh, and not widened", async () => {
		const permissions = ["image_generation"];
		const refreshed = async (scopes: string[], scope: string) => {
			const { refresh_token = "", client_id } = await signIn({ permissions, scopes });
			const response = await oauthClient().token({ grant_type: "refresh_token", refresh_token, client_id, scope });
			return response.ok ? ((await response.json()) as Tokens).scope : "refused";
		};
		expect(await refreshed(["tools", "identity"], "tools")).toBe("tools");
		expect(await refreshed(["tools", "identity"], "tools images")).not.toContain("images");
		expect(await refreshed(["tools", "images"], "tools images")).toBe("tools images");
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
