/** The authorization server of an origin: registration, codes, tokens, refresh and revocation are the library's. */
import { OAuthAuthorizationServer } from "@cloudflare/workers-oauth-provider";
import { z } from "zod";
import { currentRequestId } from "../app-env.ts";
import { readConfig, readsClientDocuments } from "../config.ts";
import type { Endpoint } from "../mcp/session-id.ts";
import { OFFLINE_ACCESS, scopesOf } from "../scopes.ts";
import { perOrigin } from "./per-origin.ts";
import { isAcceptedRedirectUri } from "./redirect-uris.ts";
import { exchangeTokens } from "./refresh.ts";

const withSlash = <Path extends string>(path: Path) => [path, `${path}/`] as const;

/**
 * What tokens are for. Strict clients demand metadata that names exactly the URL they were given, so each is a resource,
 * and each with a slash at the end is another, which takes the same tokens.
 */
const OWN_PATHS = (["/mcp", "/sse"] as const).flatMap(withSlash);
const STDIO_PATHS = (["/stdio/mcp", "/stdio/sse"] as const).flatMap(withSlash);
export const RESOURCE_PATHS = [...OWN_PATHS, ...STDIO_PATHS];

export function endpointAt(path: (typeof RESOURCE_PATHS)[number]): Endpoint {
	return path.replace(/\/$/, "") as Endpoint;
}

/** A grant lives this long after its last refresh. */
const GRANT_IDLE_SECONDS = 30 * 24 * 60 * 60;

/** Under the settings of an environment. Where no stdio server is configured, its resources and its scope do not exist. */
export const authorizationServer = perOrigin((origin, env) => {
	const config = readConfig(env);
	const hasStdio = config.stdio !== undefined;
	const paths = hasStdio ? RESOURCE_PATHS : OWN_PATHS;
	return new OAuthAuthorizationServer<Env>({
		issuer: origin,
		resources: [...paths.map((path) => origin + path), origin],
		// A client that names no resource, or the bare origin, gets a token that every endpoint takes.
		defaultResource: origin,
		tokenEndpoint: "/token",
		clientRegistrationEndpoint: "/register",
		clientIdMetadataDocumentEnabled: readsClientDocuments(config, origin),
		// Lets the wrapper take any scheme. The exact list is checked here at registration, and by the app at /authorize.
		allowPrivateUseRedirectUris: true,
		clientRegistrationCallback: ({ clientMetadata }) =>
			refuseUnreachable(clientMetadata, config.privateUseRedirectUris),
		scopesSupported: [...scopesOf("", hasStdio), OFFLINE_ACCESS],
		refreshTokenIdleTTL: GRANT_IDLE_SECONDS,
		tokenExchangeCallback: exchangeTokens,
		onError({ code, status, internal }) {
			const { category, reason } = internal;
			console.warn(
				JSON.stringify({ event: "oauth_error", requestId: currentRequestId(), code, status, category, reason }),
			);
		},
	});
});

const registrationSchema = z.object({ redirect_uris: z.array(z.string()) });

/**
 * Refuses a client that lists no redirect URI to which access may go. Beside one that is accepted others are no harm:
 * Cursor lists all that it has.
 *
 * @returns undefined for a client that can be registered
 */
function refuseUnreachable(metadata: unknown, privateUseUris: readonly string[]) {
	const { redirect_uris: uris } = registrationSchema.parse(metadata);
	if (uris.some((uri) => isAcceptedRedirectUri(uri, privateUseUris))) return undefined;
	const description =
		"None of the redirect URIs is accepted here: one must use https, or http on a loopback host, or be listed in PRIVATE_USE_REDIRECT_URIS";
	return { code: "invalid_redirect_uri", description, status: 400 };
}
