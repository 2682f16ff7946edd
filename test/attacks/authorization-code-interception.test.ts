/** Authorization code interception and injection: a code that was issued to one client is redeemed by somebody else. */
import { expect, it } from "vitest";
import { REDIRECT_URI, type Tokens } from "../support/oauth-client.ts";
import { INITIALIZE, LOCAL, mcp, oauthClient, person } from "../support/worker.ts";

const client = oauthClient();

/** A code that a client was just given, and what redeems it. */
async function obtainCode() {
	const clientId = await client.register("Test client", [REDIRECT_URI, "https://app.example/callback"]);
	const { url, verifier } = await client.authorizationUrl(clientId);
	const end = await person().authorize(url, { email: `${crypto.randomUUID()}@example.com` });
	return {
		grant_type: "authorization_code",
		code: end.searchParams.get("code") ?? "",
		redirect_uri: REDIRECT_URI,
		code_verifier: verifier,
		client_id: clientId,
	};
}

type Exchange = Awaited<ReturnType<typeof obtainCode>>;
const errorOf = async (response: Response) => ((await response.json()) as { error?: string }).error;

it.each<[string, (own: Exchange, attacker: string) => Record<string, string>]>([
	["without the verifier", ({ code_verifier: _, ...own }) => own],
	["with a verifier that was made up", (own) => ({ ...own, code_verifier: "x".repeat(64) })],
	["by another client", (own, attacker) => ({ ...own, client_id: attacker })],
	["by no client", ({ client_id: _, ...own }) => own],
	["for another redirect URI", (own) => ({ ...own, redirect_uri: "https://app.example/callback" })],
])("a code is not redeemed %s, and then by its own client", async (_how, change) => {
	const own = await obtainCode();
	const refused = await client.token(change(own, await client.register()));
	expect(refused.status).toBeGreaterThanOrEqual(400);
	expect(await errorOf(refused)).toMatch(/^invalid_(grant|request|client)$/);
	expect((await client.token(own)).status).toBe(200);
});

it("a code that is redeemed twice ends what the first got for it", async () => {
	const own = await obtainCode();
	const { access_token: token, refresh_token = "" } = await (await client.token(own)).json<Tokens>();
	expect((await mcp(INITIALIZE, { token })).status).toBe(200);
	expect(await errorOf(await client.token(own))).toBe("invalid_grant");
	expect((await mcp(INITIALIZE, { token })).status).toBe(401);
	const refresh = { grant_type: "refresh_token", refresh_token, client_id: own.client_id };
	expect(await errorOf(await client.token(refresh))).toBe("invalid_grant");
});

it("a client without PKCE, or with a challenge that is the verifier itself, gets no code", async () => {
	const { url } = await client.authorizationUrl(await client.register());
	for (const change of [
		({ searchParams }: URL) => searchParams.delete("code_challenge"),
		({ searchParams }: URL) => searchParams.set("code_challenge_method", "plain"),
	]) {
		const changed = new URL(url);
		change(changed);
		const end = new URL((await person().get(changed.href)).headers.get("Location") ?? LOCAL);
		expect(end.href.startsWith(REDIRECT_URI)).toBe(true);
		expect(end.searchParams.get("error")).toBe("invalid_request");
		expect(end.searchParams.has("code")).toBe(false);
	}
	expect((await person().get(url)).status).toBe(200);
});
