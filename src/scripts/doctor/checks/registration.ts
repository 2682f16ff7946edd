/** Whether a client can register itself, and what is left of it. */
import { asJson, authorizationServer, hasSignIn, type Json, NO_SIGN_IN } from "../authorization.ts";
import { type Check, type Finding, fault, ok, skipped, warning } from "../check.ts";
import { bearer, brief, parseJson } from "../messages.ts";
import type { Answer, Target } from "../target.ts";

export const LOOPBACK = "http://127.0.0.1:33418/callback";
const HOSTED = "https://claude.ai/api/mcp/auth_callback";

export type Registered = { readonly answer: Answer; readonly client: Json | undefined };

/** Registers a client without a secret, as apps on a computer and hosted assistants do. */
export async function register(target: Target, redirectUris: readonly string[]): Promise<Registered | undefined> {
	const endpoint = (await target.learn(authorizationServer))?.body?.registration_endpoint;
	if (typeof endpoint !== "string" || !URL.canParse(endpoint)) return undefined;
	const body = JSON.stringify({
		client_name: "MCP doctor",
		redirect_uris: redirectUris,
		grant_types: ["authorization_code", "refresh_token"],
		response_types: ["code"],
		token_endpoint_auth_method: "none",
	});
	const headers = { "Content-Type": "application/json", Accept: "application/json" };
	const answer = await target.ask("POST", endpoint, { headers, body });
	const client = answer.status === 200 || answer.status === 201 ? asJson(parseJson(answer.text)) : undefined;
	return { answer, client: typeof client?.client_id === "string" ? client : undefined };
}

/** Deletes a registration if the server lets us. @returns whether it did */
export async function unregister(target: Target, { client }: Registered): Promise<boolean> {
	const { registration_access_token: token, registration_client_uri: uri } = client ?? {};
	if (typeof token !== "string" || typeof uri !== "string" || !URL.canParse(uri)) return false;
	const answer = await target.ask("DELETE", uri, { headers: bearer(token) }).catch(() => undefined);
	return answer?.status === 204;
}

export const registerBoth = (target: Target) => register(target, [LOOPBACK, HOSTED]);

async function* registrationFindings(target: Target): AsyncIterable<Finding> {
	const source = "RFC 7591 §3; Claude, Cursor, VS Code, mcp-remote";
	const registered = await target.learn(registerBoth);
	if (!registered) {
		yield skipped("The authorization server has no registration endpoint.");
		return;
	}
	const { answer, client } = registered;
	if (answer.status === 429) {
		yield warning(`${answer.request} answered 429.`, "Run the doctor again later; allow more registrations.", source);
	} else if (!client) {
		yield fault(
			`${answer.request} for a client without a secret, with ${LOOPBACK} and ${HOSTED}, answered ${brief(answer)}.`,
			"Accept registrations without a secret, with https and loopback redirect URIs, and answer 201 with a client_id.",
			source,
		);
	} else if (![LOOPBACK, HOSTED].every((uri) => Object(client.redirect_uris).includes?.(uri))) {
		yield fault(
			`${answer.request} did not keep the redirect URIs of the client: ${JSON.stringify(client.redirect_uris)}.`,
			"Answer with redirect_uris as they were registered.",
			"RFC 7591 §3.2.1",
		);
	} else yield ok(`${answer.request} registered a client without a secret.`);
}

export const registration: Check = {
	id: "registration",
	title: "A client can register itself",
	run: async function* (target) {
		if (await hasSignIn(target)) yield* registrationFindings(target);
		else yield skipped(NO_SIGN_IN);
	},
};

/** What is left of the registration. */
export const cleanUp: Check = {
	id: "clean-up",
	title: "What the doctor leaves behind",
	async *run(target) {
		const registered = (await hasSignIn(target)) ? await target.learn(registerBoth) : undefined;
		if (!registered?.client) yield skipped("The doctor registered no client.");
		else if (await unregister(target, registered)) yield ok("The doctor's client was deleted.");
		else
			yield ok(
				`One client named “MCP doctor” is left behind: ${registered.client.client_id}. The server offers no way to delete it.`,
			);
	},
};
