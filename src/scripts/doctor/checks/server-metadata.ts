import { authorizationServer, hasSignIn, isSafeUrl, issuer, type Json, NO_SIGN_IN, strings } from "../authorization.ts";
import { type Check, type Finding, fault, ok, skipped, warning } from "../check.ts";
import type { Target } from "../target.ts";

/** A check of the authorization server's metadata. */
function ofServer(
	id: string,
	title: string,
	look: (metadata: Json, url: string, target: Target) => AsyncIterable<Finding>,
): Check {
	return {
		id,
		title,
		async *run(target) {
			if (!(await hasSignIn(target))) {
				yield skipped(NO_SIGN_IN);
				return;
			}
			const found = await target.learn(authorizationServer);
			if (found?.body) yield* look(found.body, found.url, target);
			else if (id !== "server-metadata") yield skipped("There is no metadata of an authorization server.");
			else {
				yield fault(
					`No metadata of the authorization server ${(await target.learn(issuer)) ?? target.url.origin} was found at its well-known addresses.`,
					"Serve it at /.well-known/oauth-authorization-server, with the issuer's path behind it.",
					"RFC 8414 §3; MCP 2025-11-25, Authorization Server Metadata Discovery",
				);
			}
		},
	};
}

const ENDPOINTS = ["authorization_endpoint", "token_endpoint"] as const;
const OPTIONAL_ENDPOINTS = ["registration_endpoint", "revocation_endpoint", "jwks_uri"] as const;

export const serverMetadata = ofServer(
	"server-metadata",
	"The authorization server's metadata can be read",
	async function* (metadata, url) {
		const given = OPTIONAL_ENDPOINTS.filter((name) => metadata[name] !== undefined);
		const wrong = [...ENDPOINTS, ...given].filter((name) => !isSafeUrl(metadata[name]));
		if (wrong.length > 0) {
			yield fault(
				`${url} has no https address as ${wrong.join(", ")}.`,
				"Name each endpoint by its whole https address.",
				"RFC 8414 §2; OAuth 2.1 §1.5",
			);
		} else if (!strings(metadata.response_types_supported).includes("code")) {
			yield fault(
				`${url} does not have "code" in response_types_supported, without which the SDKs refuse the document.`,
				'Add "response_types_supported": ["code"].',
				"RFC 8414 §2; MCP SDK for TypeScript",
			);
		} else yield ok(`${url} names its endpoints.`);
	},
);

export const issuerMatches = ofServer(
	"issuer",
	"The issuer is the one that was asked",
	async function* (metadata, url, target) {
		const named = (await target.learn(issuer)) ?? target.url.origin;
		if (metadata.issuer === named) yield ok(`${url} has the issuer ${named}.`);
		else {
			yield fault(
				`${url} has the issuer ${JSON.stringify(metadata.issuer)}, but ${JSON.stringify(named)} was asked.`,
				"Write the issuer in both documents alike, character by character; a slash at the end counts.",
				"RFC 8414 §3.3",
			);
		}
	},
);

export const pkce = ofServer("pkce", "PKCE with S256 is offered", async function* (metadata, url) {
	const methods = strings(metadata.code_challenge_methods_supported);
	if (methods.includes("S256")) yield ok(`${url} offers S256.`);
	else {
		yield fault(
			`${url} does not have S256 in code_challenge_methods_supported: clients must refuse to go on.`,
			'Add "code_challenge_methods_supported": ["S256"].',
			"MCP 2025-11-25, Authorization Code Protection; ChatGPT",
		);
	}
	if (methods.includes("plain")) yield warning(`${url} offers PKCE with plain.`, "Offer S256 only.", "RFC 9700 §2.1.1");
});

export const iss = ofServer(
	"iss",
	"Answers of the authorization server say whose they are",
	async function* (metadata, url) {
		if (metadata.authorization_response_iss_parameter_supported === true) yield ok(`${url} promises iss.`);
		else {
			yield warning(
				`${url} does not promise iss in authorization responses, by which clients notice a mix-up.`,
				"Send iss with each authorization response, and set authorization_response_iss_parameter_supported.",
				"RFC 9207 §3; MCP 2026-07-28, Authorization",
			);
		}
	},
);

export const wayIn = ofServer(
	"way-in",
	"A client that the server does not know can become known",
	async function* (metadata, url) {
		const ways = [
			...(metadata.registration_endpoint === undefined ? [] : ["registration"]),
			...(metadata.client_id_metadata_document_supported === true ? ["metadata documents"] : []),
		];
		if (ways.length > 0) yield ok(`${url} offers ${ways.join(" and ")}.`);
		else {
			yield warning(
				`${url} offers neither registration nor metadata documents: only clients that were registered by hand can sign in.`,
				"Offer client_id_metadata_document_supported or a registration_endpoint.",
				"MCP 2025-11-25, Client Registration Approaches",
			);
		}
	},
);

export const publicClients = ofServer(
	"public-clients",
	"A client without a secret may ask for tokens",
	async function* (metadata, url) {
		const methods = metadata.token_endpoint_auth_methods_supported;
		// What is left out means client_secret_basic.
		if (strings(methods).includes("none")) yield ok(`${url} lets clients without a secret ask for tokens.`);
		else {
			yield warning(
				`${url} does not have "none" in token_endpoint_auth_methods_supported: Claude does not use its metadata document there, and native clients cannot keep a secret.`,
				'Add "none" to token_endpoint_auth_methods_supported.',
				"RFC 8414 §2; Claude",
			);
		}
	},
);
