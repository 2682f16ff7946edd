/** The resource servers of an origin, built on the OAuth wrapper, and their check of tokens. */
import {
	insufficientScope,
	OAuthError,
	type OAuthResourceContext,
	OAuthResourceServer,
	type OAuthResourceTokenValidation,
} from "@cloudflare/workers-oauth-provider";
import { type Grant, LOCAL_PROVIDER, propsSchema } from "../auth/grant.ts";
import { maySignIn } from "../auth/sign-in-policy.ts";
import { logError } from "../errors.ts";
import { resourcePathsOf } from "../http/endpoints.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { currentRequestId } from "../http/request-id.ts";
import { isBuiltInSignInOffered } from "../identity/local.ts";
import type { Server } from "../mcp/definition.ts";
import type { Admission, Handler } from "../mcp/visit.ts";
import { authorizationServer } from "./authorization-server.ts";
import { grantsOf } from "./grants.ts";
import { perOrigin } from "./per-origin.ts";
import { openToken } from "./sealed-token.ts";
import { readSignInSettings } from "./settings.ts";
import { isUnreadable, storageOf } from "./storage.ts";

/**
 * The protected resources, by path. An endpoint is also served at its address with a trailing slash.
 *
 * @param handlerAt returns the handler of an endpoint
 */
export function createResourceServers(handlerAt: (path: string) => Handler) {
	return perOrigin((server, origin) => {
		const resourceServer = (path: string, handler: Handler) =>
			new OAuthResourceServer<Env, Grant>({
				resourceMetadata: {
					resource: origin + path,
					authorization_servers: [origin],
					resource_name: server.info.title,
				},
				// No requiredScopes: the consent page offers the scopes, so that clients need not know them.
				validateToken: (env) => (resource, token) => validateToken(env, server, origin, token, resource),
				handler: { fetch: (request, env, ctx) => handler(request, env, admissionOf(ctx)) },
			});
		return new Map(resourcePathsOf(server).map((path) => [path, resourceServer(path, handlerAt(withoutSlash(path)))]));
	});
}

function admissionOf({ props, auth }: OAuthResourceContext<Grant>): Admission {
	const { user, upstream, grantId } = props;
	return {
		user,
		clientId: auth.clientId ?? "",
		scopes: auth.scope,
		grantId,
		expiresAt: auth.expiresAt,
		upstreamToken: upstream?.accessToken,
		challenge: (scopes) => insufficientScope(auth, [...scopes], "This needs a scope that was not granted."),
	};
}

/** A token's record reaches every location of Workers KV in about a minute. */
const RECENT_SECONDS = 120;

/** An address with a trailing slash is the same endpoint as the address without it. */
const withoutSlash = (url: string) => url.replace(/\/$/, "");

/**
 * Accepts a token that was issued for a resource or for the whole origin. This takes one KV read. It would take more
 * reads if the library checked each audience in turn.
 *
 * @returns null if the token is not valid here, or an older version stored its grant
 */
async function validateToken(
	env: Env,
	server: Server,
	origin: string,
	token: string,
	resource: string,
): Promise<OAuthResourceTokenValidation<Grant> | null> {
	const opened = await openToken("access", token, env, isLoopbackUrl(origin));
	if (!opened) return null;
	try {
		const wrapper = authorizationServer(server, origin, env);
		const isRecent = opened.issuedAt > Date.now() / 1000 - RECENT_SECONDS;
		const found =
			(await wrapper.getOAuthApi(storageOf(env)).unwrapToken(opened.token)) ??
			(isRecent ? await wrapper.getOAuthApi(inObject(opened.token, env)).unwrapToken(opened.token) : null);
		if (!found || typeof found.audience !== "string") return null;
		if (![withoutSlash(resource), origin].includes(withoutSlash(found.audience))) return null;
		const props = propsSchema.safeParse(found.grant.props);
		if (!props.success || !isAcceptedProvider(props.data.user.provider, env, origin)) return null;
		if (!maySignIn(props.data.user, readSignInSettings(env).policy)) {
			await endGrant(found, env, origin);
			return null;
		}
		return {
			props: { ...props.data, grantId: found.grantId },
			audience: resource,
			expiresAt: found.expiresAt,
			scope: found.scope,
			userId: found.userId,
			clientId: found.grant.clientId,
		};
	} catch (error) {
		if (error instanceof OAuthError) throw error;
		logError("token_validation_failed", error, currentRequestId());
		if (isUnreadable(error)) return null;
		throw error;
	}
}

/** Ends the grant of a user who may not sign in any more, and its open streams. The client signs in again, and sees why. */
async function endGrant(
	{ userId, grantId }: { readonly userId: string; readonly grantId: string },
	env: Env,
	origin: string,
): Promise<void> {
	const requestId = currentRequestId();
	const ending = grantsOf(env, userId).revoke({ origin, userId, grantId, requestId, reason: "not_allowed" });
	await ending.catch((error: unknown) => logError("grant_not_ended", error, requestId));
}

/** An environment in which the wrapper finds a token's record in the object of its user. */
function inObject(token: string, env: Env): Env {
	const get = (name: string) => grantsOf(env, token.slice(0, token.indexOf(":"))).tokenRecord(name);
	return { ...env, OAUTH_KV: { get } as unknown as KVNamespace };
}

/** A grant of the built-in sign-in is accepted only while the built-in sign-in is offered. */
function isAcceptedProvider(provider: string, env: Env, origin: string): boolean {
	return provider !== LOCAL_PROVIDER || isBuiltInSignInOffered(readSignInSettings(env), origin);
}
