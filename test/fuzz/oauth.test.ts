/** Parameters of every kind, at the addresses of OAuth. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { REDIRECT_URI } from "../support/oauth-client.ts";
import { fetchWorker, LOCAL, oauthClient, signIn } from "../support/worker.ts";
import { checkAnswer, oddText, tryMany, withLog } from "./fuzzing.ts";

const NAMES = [
	...["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"],
	...["resource", "prompt", "response_mode", "nonce", "request", "request_uri", "max_age"],
	...["grant_type", "code", "refresh_token", "token", "token_type_hint", "client_secret", "code_verifier"],
	...["client_assertion", "client_assertion_type"],
];
/** What replaces a parameter of a good request: nothing, something odd, or twice the same. */
const changes = fc.dictionary(
	fc.constantFrom(...NAMES),
	fc.oneof(fc.constant(undefined), oddText, fc.constant("twice" as const)),
	{ minKeys: 1, maxKeys: 3 },
);
type Changes = Record<string, string | undefined>;

function change(good: Record<string, string>, changed: Changes): URLSearchParams {
	const parameters = new URLSearchParams(good);
	for (const [name, value] of Object.entries(changed)) {
		if (value === undefined) parameters.delete(name);
		else if (value === "twice") parameters.append(name, parameters.get(name) ?? "");
		else parameters.set(name, value);
	}
	return parameters;
}

it("an authorization request is answered, and nobody is sent elsewhere than where the client registered", async () => {
	const client = oauthClient();
	const { url } = await client.authorizationUrl(await client.register());
	const good = Object.fromEntries(new URL(url).searchParams);
	await withLog(() =>
		tryMany(
			changes,
			async (changed) => {
				// Looking again for a client that is not there takes seconds, and other tests look at it.
				const { client_id: _, ...others } = changed;
				const asked = fetchWorker(`${LOCAL}/authorize?${change(good, others)}`, { redirect: "manual" });
				const location = (await asked).headers.get("Location");
				if (location !== null) expect(location.startsWith(REDIRECT_URI)).toBe(true);
				await checkAnswer(asked);
			},
			0.5,
		),
	);
});

it("a token request is answered, and gives a token to nobody who changed anything that matters", async () => {
	const { refresh_token = "", client_id } = await signIn();
	const good = { grant_type: "refresh_token", refresh_token, client_id };
	await withLog(() =>
		tryMany(changes, async (changed) => {
			const { client_id: _, ...others } = changed;
			const body = change(good, others);
			const text = await checkAnswer(fetchWorker(`${LOCAL}/token`, { method: "POST", body }));
			if (body.get("refresh_token") !== refresh_token) expect(text).not.toContain("access_token");
		}),
	);
	const response = await oauthClient().token(good);
	expect(response.status).toBe(200);
});

it("a registration is answered, and what was registered is in order", async () => {
	const members = fc.dictionary(
		fc.constantFrom(
			"redirect_uris",
			"client_name",
			"client_uri",
			"logo_uri",
			"grant_types",
			"scope",
			"contacts",
			"jwks",
		),
		fc.oneof(oddText, fc.array(oddText, { maxLength: 3 }), fc.jsonValue({ maxDepth: 2 })),
	);
	await withLog(() =>
		tryMany(
			members,
			async (given) => {
				const body = JSON.stringify({ redirect_uris: [REDIRECT_URI], ...given });
				const headers = { "Content-Type": "application/json" };
				const text = await checkAnswer(fetchWorker(`${LOCAL}/register`, { method: "POST", headers, body }));
				const { client_name } = JSON.parse(text);
				if (typeof client_name === "string") expect(client_name.length).toBeLessThanOrEqual(100);
			},
			0.5,
		),
	);
});
