/** What the authorization endpoint does with what clients send. */
import { asJson, authorizationServer, hasSignIn } from "../authorization.ts";
import { type Check, type Finding, fault, ok, skipped, warning } from "../check.ts";
import { brief, parseJson } from "../messages.ts";
import { type Answer, NoAnswerError, type Target } from "../target.ts";
import { LOOPBACK, registerBoth } from "./registration.ts";

const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/** @returns the answer to an authorization request; undefined if there is nothing to ask with */
async function authorize(target: Target, clientId: string, changes: Readonly<Record<string, string | undefined>>) {
	const endpoint = (await target.learn(authorizationServer))?.body?.authorization_endpoint;
	if (typeof endpoint !== "string" || !URL.canParse(endpoint)) return undefined;
	const url = new URL(endpoint);
	const parameters = {
		response_type: "code",
		client_id: clientId,
		redirect_uri: LOOPBACK,
		state: "doctor",
		code_challenge: CHALLENGE,
		code_challenge_method: "S256",
		resource: target.url.href,
		...changes,
	};
	for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
	return target.ask("GET", url, { headers: { Accept: "text/html" } });
}

/** A check that asks the authorization endpoint as a registered client. */
function asClient(
	id: string,
	title: string,
	look: (target: Target, clientId: string) => AsyncIterable<Finding>,
): Check {
	return {
		id,
		title,
		async *run(target) {
			const client = (await hasSignIn(target)) ? (await target.learn(registerBoth))?.client : undefined;
			if (typeof client?.client_id === "string") yield* look(target, client.client_id);
			else yield skipped("Needs a client that could register.");
		},
	};
}

/** A refusal that tells the user nothing. */
const crashed = (what: string, answer: Answer) =>
	warning(
		`${what} answered ${brief(answer)}: the user sees that the server failed, and not why.`,
		"Catch the error, and show a page with status 400 that says what is wrong with the request.",
		"OAuth 2.1 §4.1.2.1",
	);

const locationOf = (answer: Answer | undefined) => answer?.headers.get("Location") ?? "";
export const pkceRequired = asClient(
	"pkce-required",
	"No code is issued without PKCE",
	async function* (target, clientId) {
		const answer = await authorize(target, clientId, { code_challenge: undefined, code_challenge_method: undefined });
		if (!answer) yield skipped("There is no authorization endpoint.");
		else if (/[?&]code=/.test(locationOf(answer))) {
			yield fault(
				`${answer.request} without code_challenge sent a code to the client: who steals a code can use it.`,
				"Refuse public clients without PKCE with error=invalid_request.",
				"OAuth 2.1 §4.1.1; RFC 9700 §2.1.1",
			);
		} else if (answer.status >= 500) yield crashed(`${answer.request} without code_challenge`, answer);
		else yield ok(`${answer.request} without code_challenge answered ${answer.status}, and sent no code.`);
	},
);

export const redirectUri = asClient(
	"redirect-uri",
	"Nobody is sent to an unregistered address",
	async function* (target, clientId) {
		const foreign = "https://doctor.invalid/callback";
		const answer = await authorize(target, clientId, { redirect_uri: foreign });
		if (!answer) yield skipped("There is no authorization endpoint.");
		else if (locationOf(answer).startsWith(foreign)) {
			yield fault(
				`${answer.request} with the unregistered redirect_uri ${foreign} redirected there.`,
				"Compare redirect_uri with those of the client exactly, and show an error page if it is not one of them.",
				"OAuth 2.1 §4.1.2.1",
			);
		} else if (answer.status >= 500) yield crashed(`${answer.request} with an unregistered redirect_uri`, answer);
		else
			yield ok(`${answer.request} with an unregistered redirect_uri answered ${answer.status}, and did not go there.`);
	},
);

export const authorizeWorks = asClient(
	"authorize",
	"The authorization endpoint takes what a client sends",
	async function* (target, clientId) {
		const answer = await authorize(target, clientId, {});
		if (!answer) yield skipped("There is no authorization endpoint.");
		else if (answer.status >= 400 || /[?&]error=/.test(locationOf(answer))) {
			yield fault(
				`${answer.request} with PKCE, state and resource answered ${answer.status}${/[?&]error=([^&]+)/.exec(locationOf(answer))?.[0] ?? ""}.`,
				"Look at the server's log: a registered client must reach the sign-in page.",
				"OAuth 2.1 §4.1.1",
			);
		} else yield ok(`${answer.request} answered ${answer.status}.`);
	},
);

/** @param url a metadata document that the server can read */
export const clientDocument = (url: string | undefined): Check => ({
	id: "client-document",
	title: "A metadata document is accepted as a client",
	async *run(target) {
		const metadata = (await hasSignIn(target)) ? (await target.learn(authorizationServer))?.body : undefined;
		if (metadata?.client_id_metadata_document_supported !== true) {
			yield skipped("The authorization server does not offer metadata documents.");
			return;
		}
		if (url === undefined) {
			yield skipped(
				"Needs the address of a public document with the redirect URI that it lists: --client-document URL.",
			);
			return;
		}
		const document = asJson(parseJson((await target.ask("GET", url)).text));
		const [redirect_uri] = Array.isArray(document?.redirect_uris) ? document.redirect_uris : [];
		if (document?.client_id !== url || typeof redirect_uri !== "string") {
			throw new NoAnswerError(
				`${url} is no client metadata document.`,
				"Give --client-document one with client_id and redirect_uris.",
			);
		}
		const answer = await authorize(target, url, { redirect_uri });
		if (!answer || answer.status >= 400) {
			yield fault(
				`The authorization endpoint answered ${answer?.status} to the client ${url}.`,
				"Read the document from the internet, or do not offer client_id_metadata_document_supported: clients do not fall back to registration.",
				"MCP 2025-11-25, Client ID Metadata Documents; Codex, Claude Code, VS Code",
			);
		} else yield ok(`${answer.request} answered ${answer.status} to the client ${url}.`);
	},
});
