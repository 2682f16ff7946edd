/** The authorization server of an origin. The library handles registration, codes, tokens, refresh and revocation. */
import { OAuthAuthorizationServer } from "@cloudflare/workers-oauth-provider";
import { audit } from "../audit.ts";
import { extrasOn, OFFLINE_ACCESS, scopesAt } from "../auth/scopes.ts";
import { resourcePathsOf } from "../http/endpoints.ts";
import { currentRequestId } from "../http/request-id.ts";
import { perOrigin } from "./per-origin.ts";
import { exchangeTokens } from "./refresh.ts";
import { readSignInSettings, readsClientDocuments } from "./settings.ts";
import { answerStorageError, unavailable } from "./storage.ts";

const DOCUMENT_UNAVAILABLE =
	"The document that describes this client cannot be read at the moment. Try again in a minute.";

/** The authorization server of an origin. It has the resources and scopes of those extras that the settings turn on. */
export const authorizationServer = perOrigin((server, origin, env) => {
	const config = readSignInSettings(env);
	const paths = resourcePathsOf({ extras: extrasOn(server.extras, env) });
	return new OAuthAuthorizationServer<Env>({
		issuer: origin,
		resources: [...paths.map((path) => origin + path), origin],
		// If a client names no resource, or the bare origin, it gets a token that every endpoint accepts.
		defaultResource: origin,
		tokenEndpoint: "/token",
		clientRegistrationEndpoint: "/register",
		clientIdMetadataDocumentEnabled: readsClientDocuments(config, origin),
		// The wrapper accepts any scheme. The exact list is checked before it at /register, and by the app at /authorize.
		allowPrivateUseRedirectUris: true,
		scopesSupported: [...scopesAt(server, env, ""), OFFLINE_ACCESS],
		tokenExchangeCallback: (options) => exchangeTokens(options, server),
		onError({ code, internal }) {
			const { category, reason } = internal;
			audit("refused", { requestId: currentRequestId(), outcome: `${code}: ${category}, ${reason}` });
			// The wrapper answers invalid_client. A client that gets it drops its registration and its grant.
			if (category === "client-id-metadata-document") return answerStorageError(unavailable(DOCUMENT_UNAVAILABLE));
			return undefined;
		},
	});
});
