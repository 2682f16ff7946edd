import { describe, expect, it } from "vitest";
import type { Tokens } from "../support/oauth-client.ts";
import { REDIRECT_URI } from "../support/oauth-client.ts";
import { fetchWorker, INITIALIZE, LOCAL, mcp, oauthClient, person } from "../support/worker.ts";

type Registered = { client_id: string; client_secret: string; token_endpoint_auth_method: string };

/** As the official Python SDK registers: it leaves open how it will authenticate. */
async function register(members = {}): Promise<Registered> {
	const response = await fetchWorker(`${LOCAL}/register`, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({
			redirect_uris: [REDIRECT_URI],
			grant_types: ["authorization_code", "refresh_token"],
			response_types: ["code"],
			client_name: "Python client",
			...members,
		}),
	});
	expect(response.status).toBe(201);
	return response.json();
}

/** RFC 6749 section 2.3.1: each part is form-encoded. */
function basic(id: string, secret: string): string {
	return `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`;
}

function askToken(authorization: string, fields: string[][] | Record<string, string>, headers = {}): Promise<Response> {
	return fetchWorker(`${LOCAL}/token`, {
		method: "POST",
		headers: {
			Authorization: authorization,
			"Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
			...headers,
		},
		body: new URLSearchParams(fields).toString(),
	});
}

/** What it takes to buy a token, once somebody has signed in. */
async function obtainCode(clientId: string): Promise<Record<string, string>> {
	const { url, verifier } = await oauthClient().authorizationUrl(clientId);
	const end = await person().authorize(url);
	const code = end.searchParams.get("code") ?? "";
	return { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, code_verifier: verifier };
}

async function problemOf(response: Response): Promise<string> {
	const { error, error_description } = (await response.json()) as Record<string, string>;
	return `${response.status} ${error}: ${error_description}`;
}

const DOUBLED = "400 invalid_request: Client must not use multiple authentication methods";

describe("HTTP Basic beside the same client_id in the body", () => {
	it("is one authentication: for the code, a refresh and revocation", async () => {
		const { client_id, client_secret, token_endpoint_auth_method } = await register();
		expect(token_endpoint_auth_method).toBe("client_secret_basic");
		const authorization = basic(client_id, client_secret);
		const bought = await askToken(authorization, { ...(await obtainCode(client_id)), client_id });
		expect(bought.status).toBe(200);
		const { refresh_token = "" }: Tokens = await bought.json();
		const refreshed = await askToken(authorization, { grant_type: "refresh_token", refresh_token, client_id });
		expect(refreshed.status).toBe(200);
		const { access_token }: Tokens = await refreshed.json();
		const opened = await mcp(INITIALIZE, { token: access_token });
		expect(opened.status).toBe(200);
		await opened.body?.cancel();
		expect((await askToken(authorization, { token: access_token, client_id })).status).toBe(200);
	});

	it("is the same if an empty client_id or client_secret is sent, too", async () => {
		const { client_id, client_secret } = await register();
		const fields = [...Object.entries(await obtainCode(client_id)), ["client_id", client_id]];
		const bought = await askToken(basic(client_id, client_secret), [
			...fields,
			["client_id", ""],
			["client_secret", ""],
		]);
		expect(bought.status).toBe(200);
	});

	it("still needs the right secret", async () => {
		const { client_id } = await register();
		const refused = await askToken(basic(client_id, "wrong"), { ...(await obtainCode(client_id)), client_id });
		expect(await problemOf(refused)).toBe("401 invalid_client: Client authentication failed: invalid client_secret");
		expect(refused.headers.get("WWW-Authenticate")).toContain("Basic");
	});

	it("is compared after decoding, colons and percent signs too", async () => {
		for (const id of ["https://editor.example/client.json", "a:b%2Fc d+e", "100%", "é"]) {
			expect(await problemOf(await askToken(basic(id, "secret"), { client_id: id, grant_type: "refresh_token" }))).toBe(
				"401 invalid_client: Client not found",
			);
		}
	});
});

describe("a secret", () => {
	const WAYS = ["client_secret_basic", "client_secret_post"];

	/** Buys a token with the secret sent in one of the ways. */
	async function buy({ client_id, client_secret }: Registered, way: string): Promise<Response> {
		const code = await obtainCode(client_id);
		if (way === "client_secret_basic") return askToken(basic(client_id, client_secret), code);
		return oauthClient().token({ ...code, client_id, client_secret });
	}

	it.each(WAYS)("goes the way that the client registered: %s", async (way) => {
		const client = await register({ token_endpoint_auth_method: way });
		for (const sent of WAYS) {
			expect((await buy(client, sent)).status).toBe(sent === way ? 200 : 401);
		}
	});

	it.each(WAYS)("of a client that registered none goes either way: %s", async (way) => {
		expect((await buy(await register(), way)).status).toBe(200);
	});
});

describe("any other doubling", () => {
	it.each([
		[
			"a client_secret",
			(id: string, secret: string) => [
				["client_id", id],
				["client_secret", secret],
			],
		],
		["another client_id", () => [["client_id", "another"]]],
		[
			"a client assertion",
			(id: string) => [
				["client_id", id],
				["client_assertion", "x.y.z"],
			],
		],
		[
			"the type of an assertion",
			(id: string) => [
				["client_id", id],
				["client_assertion_type", "x"],
			],
		],
	])("of HTTP Basic with %s stays refused", async (_what, extra) => {
		const { client_id, client_secret } = await register();
		const code = Object.entries(await obtainCode(client_id));
		const refused = await askToken(basic(client_id, client_secret), [...code, ...extra(client_id, client_secret)]);
		expect(await problemOf(refused)).toBe(DOUBLED);
		// The code is unused: alone, Basic buys a token with it.
		expect((await askToken(basic(client_id, client_secret), code)).status).toBe(200);
	});

	it("of HTTP Basic with a part of its client id stays refused", async () => {
		const response = await askToken(`Basic ${btoa("a&b:secret")}`, { client_id: "a", grant_type: "refresh_token" });
		expect(await problemOf(response)).toBe(DOUBLED);
	});

	it("of client_id itself stays refused", async () => {
		const { client_id, client_secret } = await register();
		const twice = [
			["client_id", client_id],
			["client_id", client_id],
			["grant_type", "refresh_token"],
		];
		expect(await problemOf(await askToken(basic(client_id, client_secret), twice))).toContain("must not be repeated");
	});
});

describe("a token request with HTTP Basic", () => {
	it("that is no form is told so", async () => {
		const { client_id, client_secret } = await register();
		const response = await askToken(basic(client_id, client_secret), {}, { "Content-Type": "application/json" });
		expect(await problemOf(response)).toContain("Content-Type must be application/x-www-form-urlencoded");
	});

	it("that cannot be decoded is refused as it was", async () => {
		expect(await problemOf(await askToken("Basic !!!", { client_id: "x" }))).toBe(DOUBLED);
		expect(await problemOf(await askToken("Basic !!!", {}))).toContain("401 invalid_client");
	});

	it("that is larger than any is refused", async () => {
		const response = await askToken(basic("x", "y"), { client_id: "x", code: "c".repeat(5 * 1024 * 1024) });
		expect(response.status).toBe(413);
	});
});
