/** The whole flow in a browser, as a client on a computer goes through it. */
import * as oauth from "oauth4webapi";
import { authorizationServer, hasSignIn, issuer, NO_SIGN_IN, strings } from "../authorization.ts";
import { type Callback, listen } from "../callback.ts";
import { type Check, type Finding, fault, ok, skipped, warning } from "../check.ts";
import { bearer, brief, initialize, post } from "../messages.ts";
import type { Target } from "../target.ts";
import { register, unregister } from "./registration.ts";

/** How long a person may take. */
const PATIENCE_MILLISECONDS = 5 * 60_000;
const SOURCE = "MCP 2025-11-25, Authorization; OAuth 2.1";

/** Shows a person the page on which to sign in. */
export type OnAuthorize = (url: string) => void;

/** @param signal ends the wait for the person */
export const signIn = (onAuthorize: OnAuthorize, signal?: AbortSignal): Check => ({
	id: "sign-in",
	title: "A user can sign in",
	async *run(target) {
		if (!(await hasSignIn(target))) {
			yield skipped(NO_SIGN_IN);
			return;
		}
		const patience = AbortSignal.timeout(PATIENCE_MILLISECONDS);
		const callback = await listen(signal ? AbortSignal.any([signal, patience]) : patience);
		try {
			yield* flow(target, callback, onAuthorize);
		} catch (error) {
			// What the libraries say holds no token.
			const said =
				error instanceof oauth.ResponseBodyError
					? `${error.status} ${error.error}`
					: error instanceof Error
						? error.message
						: error;
			yield fault(`The sign-in failed: ${said}.`, "Look at the server's log at this moment.", SOURCE);
		} finally {
			callback.close();
		}
	},
});

async function* flow(target: Target, callback: Callback, onAuthorize: OnAuthorize): AsyncIterable<Finding> {
	const metadata = (await target.learn(authorizationServer))?.body;
	const registered = await register(target, [callback.url]);
	if (!metadata || typeof registered?.client?.client_id !== "string") {
		yield skipped("Needs a client that could register.");
		return;
	}
	const { client_secret } = registered.client;
	const as: oauth.AuthorizationServer = { ...metadata, issuer: String(metadata.issuer) };
	const client: oauth.Client = { client_id: registered.client.client_id };
	const auth = typeof client_secret === "string" ? oauth.ClientSecretPost(client_secret) : oauth.None();
	const options = () => ({ [oauth.allowInsecureRequests]: target.isLocal, signal: target.signal });
	const verifier = oauth.generateRandomCodeVerifier();
	const state = oauth.generateRandomState();
	const resource = target.url.href;
	const url = new URL(String(metadata.authorization_endpoint));
	const parameters = {
		response_type: "code",
		client_id: client.client_id,
		redirect_uri: callback.url,
		state,
		resource,
		code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
		code_challenge_method: "S256",
	};
	for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
	onAuthorize(url.href);
	const back = await callback.visited;
	const given = oauth.validateAuthResponse(as, client, back, state);
	const iss = back.searchParams.get("iss");
	if (iss !== null && iss !== (await target.learn(issuer))) {
		yield fault(
			`The authorization response has iss ${iss}, which is not the issuer.`,
			"Send the issuer as the metadata has it.",
			"RFC 9207 §2.4",
		);
	}
	const granted = await oauth.authorizationCodeGrantRequest(as, client, auth, given, callback.url, verifier, {
		...options(),
		additionalParameters: { resource },
	});
	let tokens = await oauth.processAuthorizationCodeResponse(as, client, granted);
	target.token = tokens.access_token;
	const call = await post(target, initialize(), bearer(target.token));
	// An endpoint of HTTP+SSE takes no POST: other errors are not about the token.
	if (call.status === 401 || call.status === 403)
		yield fault(
			`${call.request} with the new token answered ${brief(call)}.`,
			"Accept the tokens that the authorization server issues for this address.",
			SOURCE,
		);
	else yield ok("A user signed in, and the token is accepted.");
	if (tokens.expires_in === undefined)
		yield warning(
			"The token answer has no expires_in.",
			"Say how long the token lasts: clients then refresh in time.",
			"OAuth 2.1 §3.2.3; Claude",
		);

	if (tokens.refresh_token === undefined)
		yield warning(
			"There is no refresh token: the user has to sign in each time the token expires.",
			"Issue refresh tokens.",
			"OAuth 2.1 §4.3; mcp-remote",
		);
	else {
		const old = tokens.refresh_token;
		const refreshed = await oauth.refreshTokenGrantRequest(as, client, auth, old, {
			...options(),
			additionalParameters: { resource },
		});
		tokens = await oauth.processRefreshTokenResponse(as, client, refreshed);
		target.token = tokens.access_token;
		const next = tokens.refresh_token;
		if (next === undefined || next === old)
			yield warning(
				"The refresh works, and the refresh token stays the same.",
				"Replace the refresh token of a public client at each use.",
				"OAuth 2.1 §4.3.1",
			);
		else yield ok("The refresh works, and replaces the refresh token.");
	}
	yield* audience(target);
	const query = new URL(target.url);
	query.searchParams.set("access_token", target.token);
	const inQuery = await target.ask("POST", query, {
		headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream" },
		body: JSON.stringify(initialize()),
		until: () => true,
	});
	if (inQuery.status < 400)
		yield fault(
			`POST ${target.url} takes the token from the query.`,
			"Read tokens from the header Authorization only.",
			"MCP 2025-11-25, Access Token Usage",
		);
	else yield ok("The token does not work in the query.");
	ends.set(target, async () => {
		const deleted = await unregister(target, registered);
		if (as.revocation_endpoint === undefined)
			return warning(
				"There is no revocation endpoint: the doctor's token lasts until it expires.",
				"Offer token revocation.",
				"RFC 7009",
			);
		await oauth.processRevocationResponse(
			await oauth.revocationRequest(as, client, auth, tokens.refresh_token ?? tokens.access_token, options()),
		);
		return ok(`The doctor's token was revoked${deleted ? ", and its client deleted" : "; its client is left behind"}.`);
	});
}

/** The audience of a token that can be read; others say it to their server only. */
async function* audience({ token = "", url }: Target): AsyncIterable<Finding> {
	const [, payload] = token.split(".");
	let aud: unknown;
	try {
		aud = JSON.parse(Buffer.from(payload ?? "", "base64url").toString()).aud;
	} catch {}
	const named = typeof aud === "string" ? [aud] : strings(aud);
	if (named.length === 0) yield skipped("The token's audience cannot be read.");
	else if (named.some((one) => one === url.href || one === url.origin))
		yield ok(`The token's audience is ${named.join(", ")}.`);
	else {
		yield warning(
			`The token's audience is ${named.join(", ")}, not ${url}.`,
			"Issue tokens for the resource that the client names.",
			"RFC 8707 §2; MCP 2025-11-25, Token Audience Binding",
		);
	}
}

/** How a sign-in is undone. */
const ends = new WeakMap<Target, () => Promise<Finding>>();

export const signOut: Check = {
	id: "sign-out",
	title: "The doctor's access can be ended",
	async *run(target) {
		const end = ends.get(target);
		if (!end) {
			yield skipped("The doctor did not sign in.");
			return;
		}
		const finding = await end();
		yield finding;
		const answer = await post(target, initialize(), bearer(target.token));
		if (finding.status !== "ok") return;
		if (answer.status === 401) yield ok("The revoked token is refused.");
		else
			yield warning(
				`${answer.request} with the revoked token answered ${brief(answer)}.`,
				"Refuse revoked tokens; a cache may take a minute.",
				"RFC 7009 §2.2",
			);
	},
};
