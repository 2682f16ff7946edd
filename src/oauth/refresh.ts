/** Refreshes the user's tokens at the identity provider when an MCP client refreshes its own. */

import { waitUntil } from "cloudflare:workers";
import {
	GrantType,
	OAuthError,
	type TokenExchangeCallbackOptions,
	type TokenExchangeCallbackResult,
} from "@cloudflare/workers-oauth-provider";
import { type Props, propsSchema, type UpstreamTokens, type User } from "../auth/grant.ts";
import { allowListsOf, knownPermissions, permissionsOf } from "../auth/permissions.ts";
import { isPermitted, isTokenScope, OFFLINE_ACCESS } from "../auth/scopes.ts";
import { logError } from "../errors.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { currentRequestId } from "../http/request-id.ts";
import { type IdentityProvider, type Refreshed, UpstreamError } from "../identity/provider.ts";
import { DEFAULT_RETRY_AFTER_SECONDS } from "../identity/upstream-fetch.ts";
import type { Server } from "../mcp/definition.ts";
import { userObjectOf } from "../mcp/user-object.ts";
import { rememberCurrentToken } from "./current-token.ts";
import { readSignInSettings } from "./settings.ts";

/** If an upstream token expires within this time, it is refreshed. */
const REFRESH_BEFORE_SECONDS = 120;
/** Workers KV allows no shorter expiration, so access tokens do not expire sooner either. */
const MIN_TTL_SECONDS = 60;
const MAX_TTL_SECONDS = 60 * 60;

/**
 * Called by the OAuth wrapper for every code exchange and refresh. The access token it issues never outlives the
 * upstream one by more than MIN_TTL_SECONDS.
 *
 * @throws OAuthError `invalid_grant`, which revokes the grant, if the user has to sign in again;
 *   `temporarily_unavailable`, which leaves the grant as it is, if the provider is not available
 */
export async function exchangeTokens(
	options: TokenExchangeCallbackOptions<Env>,
	server: Server,
): Promise<TokenExchangeCallbackResult> {
	const isRefresh = options.grantType === GrantType.REFRESH_TOKEN;
	const parsed = propsSchema.safeParse(options.props);
	if (!parsed.success && isRefresh) throw signInAgain("This grant is from another version of the server.");
	const { user, upstream } = parsed.data ?? {};
	if (!user) return {};
	if (!upstream) return { accessTokenScope: permittedScope(options, server, user) };
	if (!isRefresh || secondsLeft(upstream) > REFRESH_BEFORE_SECONDS) {
		return { accessTokenTTL: ttlFor(upstream), accessTokenScope: permittedScope(options, server, user) };
	}
	const provider = readSignInSettings(options.env).identityProviders.find(({ name }) => name === user.provider);
	if (!provider || !upstream.refreshToken) throw signInAgain("Access at the identity provider has ended.");
	const refreshed = await refreshOnce(provider, upstream.refreshToken, user.id);
	const { accessToken } = refreshed.tokens;
	if (accessToken !== undefined) await rememberCurrentToken(options.env, options.grantId, accessToken);
	const permissions = refreshed.permissions ? knownPermissions(server, refreshed.permissions) : user.permissions;
	if (permissions.toString() !== user.permissions.toString()) announceChange(options.env, user.id);
	const newProps = propsSchema.parse({ user: { ...user, permissions }, upstream: refreshed.tokens } satisfies Props);
	const accessTokenScope = permittedScope(options, server, newProps.user);
	return { newProps, accessTokenTTL: ttlFor(refreshed.tokens), accessTokenScope };
}

/** The consented scopes that the user is permitted now. If a permission is added later, no second consent is needed. */
function permittedScope(
	{ requestedScope, resource, env }: TokenExchangeCallbackOptions<Env>,
	server: Server,
	user: User,
): string[] {
	const permissions = permissionsOf(user, allowListsOf(server, env, isLoopbackUrl(resource)));
	return requestedScope
		.filter((scope) => isTokenScope(server, scope))
		.filter((scope) => scope === OFFLINE_ACCESS || isPermitted(server, scope, permissions));
}

/** Notifies the user's open event streams that the lists changed. */
function announceChange(env: Env, userId: string): void {
	const requestId = currentRequestId();
	const announced = userObjectOf(env, userId).announce({ lists: ["tools", "prompts", "resources"] });
	waitUntil(announced.catch((error) => logError("change_not_announced", error, requestId)));
}

/** Infinite for tokens that do not expire. */
function secondsLeft({ expiresAt }: UpstreamTokens): number {
	return expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt - Math.floor(Date.now() / 1000);
}

function ttlFor(tokens: UpstreamTokens): number {
	return Math.max(MIN_TTL_SECONDS, Math.min(MAX_TTL_SECONDS, secondsLeft(tokens)));
}

/** How long the outcome of a refresh is shared with other requests for the same refresh token. */
const SHARED_MILLISECONDS = 10_000;
const recent = new Map<string, { readonly since: number; readonly outcome: Promise<Refreshed> }>();

/**
 * Several windows of one client share a grant, and may refresh it at the same time. A provider that rotates refresh
 * tokens treats a second use of one as theft, so only one request is sent.
 */
async function refreshOnce(provider: IdentityProvider, refreshToken: string, ownerId: string): Promise<Refreshed> {
	const now = Date.now();
	for (const [key, { since }] of recent) if (now - since > SHARED_MILLISECONDS) recent.delete(key);
	const key = JSON.stringify([provider.name, refreshToken]);
	const shared = recent.get(key) ?? { since: now, outcome: provider.refresh(refreshToken, ownerId) };
	recent.set(key, shared);
	// Other requests wait for it too, so it must go on if the first client disconnects.
	waitUntil(shared.outcome.catch(() => {}));
	try {
		return await shared.outcome;
	} catch (error) {
		recent.delete(key);
		throw explain(error);
	}
}

function explain(error: unknown): unknown {
	if (!(error instanceof UpstreamError)) return error;
	logError("upstream_refresh_failed", error, currentRequestId());
	if (error.reason === "dead_grant") return signInAgain("Access at the identity provider has ended.");
	return new OAuthError("temporarily_unavailable", {
		description: "The identity provider is not available. Try again later.",
		statusCode: 503,
		headers: { "Retry-After": error.retryAfter ?? DEFAULT_RETRY_AFTER_SECONDS },
	});
}

function signInAgain(why: string): OAuthError {
	return new OAuthError("invalid_grant", { description: `${why} Sign in again.` });
}
