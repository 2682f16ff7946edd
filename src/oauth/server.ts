/**
 * The OAuth wrapper: one authorization server and its protected resources, composed for the origin a request came to.
 * Tokens, codes, registration, metadata, challenges and revocation are the library's.
 */
import {
	OAuthAuthorizationServer,
	OAuthResourceServer,
	type OAuthResourceTokenValidation,
} from "@cloudflare/workers-oauth-provider";
import { currentRequestId } from "../app-env.ts";
import { logError } from "../errors.ts";
import { serveSse, serveStreamableHttp } from "../mcp/route.ts";
import { SERVER_INFO } from "../mcp/server-info.ts";
import { SCOPE_NAMES } from "../scopes.ts";
import { type Props, propsSchema } from "../session.ts";

/** A grant lives this long after its last refresh. */
const GRANT_IDLE_SECONDS = 30 * 24 * 60 * 60;

/** Enough for a deployment's hosts; a wildcard route must not fill the memory. */
const MAX_ORIGINS = 32;

export type OAuthServer = {
	readonly authorizationServer: OAuthAuthorizationServer<Env>;
	/** By path: `/mcp` and `/sse`. Strict clients demand metadata that names exactly the URL they were given. */
	readonly resources: Readonly<Record<"mcp" | "sse", OAuthResourceServer<Env, Props>>>;
};

const servers = new Map<string, OAuthServer>();

/** The OAuth server of an origin, built on the origin's first request. */
export function oauthServer(origin: string): OAuthServer {
	const known = servers.get(origin);
	if (known) return known;
	if (servers.size >= MAX_ORIGINS) servers.clear();
	const built = buildServer(origin);
	servers.set(origin, built);
	return built;
}

function buildServer(origin: string): OAuthServer {
	const authorizationServer = new OAuthAuthorizationServer<Env>({
		issuer: origin,
		resources: [`${origin}/mcp`, `${origin}/sse`, origin],
		// A client that names no resource, or the bare origin, gets a token that both endpoints take.
		defaultResource: origin,
		tokenEndpoint: "/token",
		clientRegistrationEndpoint: "/register",
		clientIdMetadataDocumentEnabled: true,
		scopesSupported: SCOPE_NAMES,
		refreshTokenIdleTTL: GRANT_IDLE_SECONDS,
		onError({ code, status, internal }) {
			const { category, reason } = internal;
			console.warn(
				JSON.stringify({ event: "oauth_error", requestId: currentRequestId(), code, status, category, reason }),
			);
		},
	});

	const resourceServer = (path: string, fetch: typeof serveStreamableHttp) =>
		new OAuthResourceServer<Env, Props>({
			resourceMetadata: {
				resource: origin + path,
				authorization_servers: [origin],
				resource_name: SERVER_INFO.title,
			},
			// No requiredScopes: the consent page offers the scopes, so that clients need not know them.
			validateToken: (env) => (resource, token) => validateToken(authorizationServer, env, token, [resource, origin]),
			handler: { fetch },
		});

	return {
		authorizationServer,
		resources: { mcp: resourceServer("/mcp", serveStreamableHttp), sse: resourceServer("/sse", serveSse) },
	};
}

/**
 * Accepts a token that was issued for one of these audiences: one KV read, where asking the library for each audience
 * in turn would make two.
 *
 * @returns null for a token that is not valid here, and for a grant whose shape is not today's
 */
async function validateToken(
	server: OAuthAuthorizationServer<Env>,
	env: Env,
	token: string,
	audiences: readonly [resource: string, ...others: string[]],
): Promise<OAuthResourceTokenValidation<Props> | null> {
	try {
		const found = await server.getOAuthApi(env).unwrapToken(token);
		if (!found || typeof found.audience !== "string" || !audiences.includes(found.audience)) return null;
		const props = propsSchema.safeParse(found.grant.props);
		if (!props.success) return null;
		return {
			props: props.data,
			audience: audiences[0],
			expiresAt: found.expiresAt,
			scope: found.scope,
			userId: found.userId,
			clientId: found.grant.clientId,
		};
	} catch (error) {
		logError("token_validation_failed", error, currentRequestId());
		throw error;
	}
}
