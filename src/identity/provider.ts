/** The interface between identity providers and the rest of the server. */

import type { Membership, UpstreamTokens } from "../auth/grant.ts";
import type { AllowedClaim } from "../auth/sign-in-policy.ts";

/** The maximum difference between the clocks of a provider and of this server. */
export const CLOCK_TOLERANCE_SECONDS = 30;

/** A user as the provider describes them. */
export type Identity = {
	/** Stable and unique within the provider. It becomes part of the user id. */
	readonly subject: string;
	readonly login: string;
	/** Whether the provider never gives this login to another user. Only then can the login give a permission. */
	readonly isLoginUnique: boolean;
	readonly name: string;
	readonly email?: string | undefined;
	readonly emailVerified: boolean;
	readonly permissions: readonly string[];
	/** Absent for the built-in sign-in. */
	readonly membership?: Membership;
};

/** The secrets of one sign-in, kept by the authorization server between the redirect and the callback. */
export type Flow = {
	/** The address to which the provider sends the user back: `<origin>/callback`. */
	readonly redirectUri: string;
	/** Binds the callback to this browser. The OAuth wrapper makes it. */
	readonly state: string;
	/** PKCE (RFC 7636). */
	readonly codeVerifier: string;
	/** Binds the ID token to this sign-in (OpenID Connect Core, 3.1.2.1). */
	readonly nonce: string;
};

/** The result of a sign-in. */
export type SignedIn = { readonly identity: Identity; readonly tokens: UpstreamTokens };

/** What can change in a membership. A member is absent if the provider states nothing about it. */
export type Stated = Pick<Membership, "organizations" | "claim">;

/** The result of a refresh. It has permissions only if the provider states them in its tokens. */
export type Refreshed = {
	readonly tokens: UpstreamTokens;
	readonly permissions?: readonly string[] | undefined;
	/** As `stated` of the provider, with the new tokens. */
	stated(claim: AllowedClaim | undefined): Promise<Stated>;
};

export interface IdentityProvider {
	/** In lower case. It is the first part of every user id, so it must never change. */
	readonly name: string;
	/** The name that users see, for example on the button. */
	readonly title: string;
	/** The base address of the provider's API, to which the user's token may be sent. */
	readonly apiUrl: string | undefined;
	/** The path below that address at which the API returns the user. */
	readonly userPath: string | undefined;
	/** Whether its tokens state the user's permissions. */
	readonly statesPermissions: boolean;
	/** All who have an account there, such as “Anyone with an account at GitHub”. */
	readonly everyone: string;
	/** Whether it says of email addresses that they are verified. */
	readonly verifiesEmail: boolean;
	/** @throws UpstreamError if the provider's metadata cannot be read */
	authorizationUrl(flow: Flow): Promise<URL>;
	/**
	 * Finishes a sign-in with the parameters of the callback.
	 *
	 * @param claim the claim that the sign-in policy needs
	 * @throws UpstreamError if the callback or the provider's response is not valid, or the sign-in failed
	 */
	signIn(callback: URLSearchParams, flow: Flow, claim?: AllowedClaim): Promise<SignedIn>;
	/**
	 * @param ownerId the id of the user whose token it is; an ID token of another user is refused
	 * @throws UpstreamError with reason `dead_grant` if the user has to sign in again
	 */
	refresh(refreshToken: string, ownerId: string): Promise<Refreshed>;
	/**
	 * Asks for what can change in the user's membership.
	 *
	 * @param ownerId the id of the user whose token it is
	 * @throws UpstreamError with reason `dead_grant` if the provider does not accept the token any more
	 */
	stated(accessToken: string, ownerId: string, claim: AllowedClaim | undefined): Promise<Stated>;
}

/**
 * - `declined`: the user declined the sign-in, or the provider did not let the user in
 * - `wrong_callback`: this server's callback URL is not registered at the provider
 * - `wrong_client`: the provider does not accept this server's client id, client secret or app
 * - `refused`: the provider refuses this server's request for another reason that is not the user's doing
 * - `dead_grant`: this refresh token will never work again
 * - `unavailable`: the provider is down, slow or rate limited
 * - `malformed`: the provider's response cannot be trusted
 */
export type UpstreamFailure = "declined" | MisconfiguredProvider | "dead_grant" | "unavailable" | "malformed";

/** Failures that only an administrator can correct, at the provider or in the settings. */
export type MisconfiguredProvider = "wrong_callback" | "wrong_client" | "refused";

/** A failure at an identity provider. The message is for the log, and is never shown to users. */
export class UpstreamError extends Error {
	readonly code = "upstream_error";
	readonly reason: UpstreamFailure;
	/** The `Retry-After` value if the provider was rate limited or down. */
	readonly retryAfter: string | undefined;
	/** The status of the response, if the provider's API refused the request. */
	readonly status: number | undefined;

	constructor(
		reason: UpstreamFailure,
		message: string,
		options: { cause?: unknown; retryAfter?: string | undefined; status?: number } = {},
	) {
		super(message, { cause: options.cause });
		this.reason = reason;
		this.retryAfter = options.retryAfter;
		this.status = options.status;
	}
}
