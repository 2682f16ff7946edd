/** Refreshes the user's tokens at the identity provider when an MCP client refreshes its own. */
import {
	GrantType,
	OAuthError,
	type TokenExchangeCallbackOptions,
	type TokenExchangeCallbackResult,
} from "@cloudflare/workers-oauth-provider";
import { type Props, propsSchema, type UpstreamTokens, type User } from "../auth/grant.ts";
import { allowListsOf, knownPermissions, permissionsOf } from "../auth/permissions.ts";
import { isPermitted, isTokenScope, OFFLINE_ACCESS } from "../auth/scopes.ts";
import { maySignIn } from "../auth/sign-in-policy.ts";
import { logError, RETRY_AFTER_SECONDS } from "../errors.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { currentRequestId } from "../http/request-id.ts";
import { UpstreamError } from "../identity/provider.ts";
import type { Server } from "../mcp/definition.ts";
import type { EndReason } from "./grant-contract.ts";
import { isMembershipDue, restate } from "./membership.ts";
import { readSignInSettings, type SignInSettings } from "./settings.ts";

/** If an upstream token expires within this time, it is refreshed. */
const REFRESH_BEFORE_SECONDS = 120;
/** Workers KV allows no shorter expiration, so access tokens do not expire sooner either. */
const MIN_TTL_SECONDS = 60;

/** What the user's object does while a code is exchanged or a grant refreshed. */
export interface Exchanges {
	/** @param upstreamToken the newest upstream access token */
	exchanged(grantId: string, upstreamToken: string | undefined, isRefresh: boolean): Promise<void>;
	/** Says why the grant ends, if it ends with this exchange. */
	willEnd(grantId: string, reason: EndReason): void;
	/** How long the grant may still live, in seconds. */
	secondsLeft(userId: string, grantId: string): number;
	/** Notifies the user's tasks, and their open event streams that the lists changed. */
	permissionsChanged(userId: string, grantId: string, clientId: string, claimed: readonly string[]): Promise<void>;
}

/** The environment of the wrapper in the user's object. */
export type ExchangeEnv = Env & { readonly KEEPER: Exchanges };

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
	const { env, userId, grantId } = options;
	// The wrapper calls this in the user's object only.
	const { KEEPER: keeper } = env as ExchangeEnv;
	const settings = readSignInSettings(env);
	const { lifetimes } = settings;
	const isRefresh = options.grantType === GrantType.REFRESH_TOKEN;
	const parsed = propsSchema.safeParse(options.props);
	if (!parsed.success && isRefresh) throw signInAgain("This grant is from another version of the server.");
	const secondsLeft = keeper.secondsLeft(userId, grantId);
	if (secondsLeft < MIN_TTL_SECONDS) throw signInAgain("Access has lasted as long as this server allows.");
	const idleSeconds = Math.min(lifetimes.idleSeconds, secondsLeft);
	const idle = isRefresh ? { refreshTokenIdleTTL: idleSeconds } : { refreshTokenTTL: idleSeconds };
	if (!parsed.data) return idle;
	const renewed = isRefresh ? await renew(parsed.data, server, settings) : undefined;
	const { user, upstream } = renewed ?? parsed.data;
	if (!maySignIn(user, settings.policy)) {
		keeper.willEnd(grantId, "not_allowed");
		throw signInAgain("This account may not use this server any more.");
	}
	await keeper.exchanged(grantId, upstream?.accessToken, isRefresh);
	if (user.permissions.toString() !== parsed.data.user.permissions.toString()) {
		await keeper.permissionsChanged(userId, grantId, options.clientId, user.permissions);
	}
	const accessTokenTTL = ttlFor(upstream, lifetimes.accessTokenSeconds);
	const accessTokenScope = permittedScope(options, server, user);
	return { ...idle, ...(renewed && { newProps: renewed }), accessTokenTTL, accessTokenScope };
}

/**
 * Asks the identity provider for what is about to expire, and at most hourly for what the sign-in policy needs.
 *
 * @returns undefined if all stays as it is
 * @throws OAuthError as `exchangeTokens`
 */
async function renew(
	{ user, upstream }: Props,
	server: Server,
	{ identityProviders, policy }: SignInSettings,
): Promise<Props | undefined> {
	const provider = identityProviders.find(({ name }) => name === user.provider);
	const isExpiring = upstream !== undefined && secondsOf(upstream) <= REFRESH_BEFORE_SECONDS;
	if (isExpiring && !(provider && upstream.refreshToken)) {
		throw signInAgain("Access at the identity provider has ended.");
	}
	const isToBeStated = isMembershipDue(user, policy);
	if (!provider || !upstream || !(isExpiring || isToBeStated)) return undefined;
	const { refreshToken, accessToken } = upstream;
	try {
		// A refresh brings an ID token, which may be all that states the claim.
		if (refreshToken && (isExpiring || policy.claim)) {
			const refreshed = await provider.refresh(refreshToken, user.id);
			const permissions = refreshed.permissions ? knownPermissions(server, refreshed.permissions) : user.permissions;
			const membership = isToBeStated ? await restate(user, () => refreshed.stated(policy.claim)) : user.membership;
			return propsSchema.parse({
				user: { ...user, permissions, membership },
				upstream: refreshed.tokens,
			} satisfies Props);
		}
		if (!accessToken) return undefined;
		const membership = await restate(user, () => provider.stated(accessToken, user.id, policy.claim));
		return { user: { ...user, membership }, upstream };
	} catch (error) {
		const reason = explain(error);
		// What the provider stated before holds while it is not available.
		if (!isExpiring && reason instanceof OAuthError && reason.code === "temporarily_unavailable") return undefined;
		throw reason;
	}
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

/** Infinite for tokens that do not expire. */
function secondsOf({ expiresAt }: UpstreamTokens): number {
	return expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt - Math.floor(Date.now() / 1000);
}

function ttlFor(tokens: UpstreamTokens | undefined, maxSeconds: number): number {
	return Math.max(MIN_TTL_SECONDS, Math.min(maxSeconds, tokens ? secondsOf(tokens) : maxSeconds));
}

function explain(error: unknown): unknown {
	if (!(error instanceof UpstreamError)) return error;
	logError("upstream_refresh_failed", error, currentRequestId());
	if (error.reason === "dead_grant") return signInAgain("Access at the identity provider has ended.");
	return new OAuthError("temporarily_unavailable", {
		description: "The identity provider is not available. Try again later.",
		statusCode: 503,
		headers: { "Retry-After": error.retryAfter ?? String(RETRY_AFTER_SECONDS) },
	});
}

/** The error that ends a grant. @param why a sentence */
export function signInAgain(why: string): OAuthError {
	return new OAuthError("invalid_grant", { description: `${why} Sign in again.` });
}
