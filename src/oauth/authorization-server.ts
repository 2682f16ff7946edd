/** The authorization server of an origin: registration, codes, tokens, refresh and revocation are the library's. */
import { OAuthAuthorizationServer } from "@cloudflare/workers-oauth-provider";
import { currentRequestId } from "../app-env.ts";
import { SCOPE_NAMES } from "../scopes.ts";
import { perOrigin } from "./per-origin.ts";
import { exchangeTokens } from "./refresh.ts";

/** What tokens are for. Strict clients demand metadata that names exactly the URL they were given, so each is a resource. */
export const RESOURCE_PATHS = ["/mcp", "/sse", "/stdio/mcp", "/stdio/sse"] as const;

/** A grant lives this long after its last refresh. */
const GRANT_IDLE_SECONDS = 30 * 24 * 60 * 60;

export const authorizationServer = perOrigin(
	(origin) =>
		new OAuthAuthorizationServer<Env>({
			issuer: origin,
			resources: [...RESOURCE_PATHS.map((path) => origin + path), origin],
			// A client that names no resource, or the bare origin, gets a token that both endpoints take.
			defaultResource: origin,
			tokenEndpoint: "/token",
			clientRegistrationEndpoint: "/register",
			clientIdMetadataDocumentEnabled: true,
			scopesSupported: SCOPE_NAMES,
			refreshTokenIdleTTL: GRANT_IDLE_SECONDS,
			tokenExchangeCallback: exchangeTokens,
			onError({ code, status, internal }) {
				const { category, reason } = internal;
				console.warn(
					JSON.stringify({ event: "oauth_error", requestId: currentRequestId(), code, status, category, reason }),
				);
			},
		}),
);
