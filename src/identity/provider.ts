/** What an identity provider is to the rest of the server. */

import type { UpstreamTokens } from "../auth/grant.ts";

/** How far the clocks of a provider and of this server may be apart. */
export const CLOCK_TOLERANCE_SECONDS = 30;

/** A person, as a provider knows them. */
export type Identity = {
	/** Stable and unique within the provider; becomes part of the user id. */
	readonly subject: string;
	readonly login: string;
	/** Whether the provider lets nobody else have this login, ever: only then may it mean anything. */
	readonly isLoginUnique: boolean;
	readonly name: string;
	readonly email?: string | undefined;
	readonly emailVerified: boolean;
	readonly permissions: readonly string[];
};

/** The secrets of one sign-in, kept by the authorization server between the redirect and the callback. */
export type Flow = {
	/** Where the provider sends the person back to: `<origin>/callback`. */
	readonly redirectUri: string;
	/** Binds the callback to this browser; made by the OAuth wrapper. */
	readonly state: string;
	/** PKCE (RFC 7636). */
	readonly codeVerifier: string;
	/** Binds the ID token to this sign-in (OpenID Connect Core, 3.1.2.1). */
	readonly nonce: string;
};

/** What a sign-in brought. */
export type SignedIn = { readonly identity: Identity; readonly tokens: UpstreamTokens };

/** What a refresh brought; permissions only where the provider states them in its tokens. */
export type Refreshed = { readonly tokens: UpstreamTokens; readonly permissions?: readonly string[] | undefined };

export interface IdentityProvider {
	/** Lower case; the first part of every user id, so it can never change. */
	readonly name: string;
	/** What people call it; on the button. */
	readonly title: string;
	/** Where the user's token may be sent: the base address of the provider's API. */
	readonly apiUrl: string | undefined;
	/** Where, below that, it says who the user is now. */
	readonly userPath: string | undefined;
	/** Whether its tokens say which permissions a user has. */
	readonly statesPermissions: boolean;
	/** @throws UpstreamError if the provider's metadata cannot be read */
	authorizationUrl(flow: Flow): Promise<URL>;
	/**
	 * Takes what came to the callback.
	 *
	 * @throws UpstreamError whatever is wrong with it, or with what the provider answers to it
	 */
	signIn(callback: URLSearchParams, flow: Flow): Promise<SignedIn>;
	/**
	 * @param ownerId the id of the user whose token it is; an answer about anyone else is not believed
	 * @throws UpstreamError with reason `dead_grant` if the person has to sign in again
	 */
	refresh(refreshToken: string, ownerId: string): Promise<Refreshed>;
}

/**
 * - `declined`: the person, or the provider for them, said no
 * - `wrong_callback`: the provider does not have this server's callback URL on file
 * - `wrong_client`: the provider does not accept this server's client id, client secret or app
 * - `refused`: the provider refuses what this server asks for, for another reason that is not the person's
 * - `dead_grant`: this refresh token will never work again
 * - `unavailable`: the provider is down, slow or rate limited
 * - `malformed`: the provider answered with something that cannot be trusted
 */
export type UpstreamFailure = "declined" | MisconfiguredProvider | "dead_grant" | "unavailable" | "malformed";

/** What only an administrator can mend, at the provider or in the settings. */
export type MisconfiguredProvider = "wrong_callback" | "wrong_client" | "refused";

/** A failure at an identity provider. The message is for the log, never for a person. */
export class UpstreamError extends Error {
	readonly code = "upstream_error";
	readonly reason: UpstreamFailure;
	/** What the provider asked for when it was rate limited or down. */
	readonly retryAfter: string | undefined;

	constructor(
		reason: UpstreamFailure,
		message: string,
		options: { cause?: unknown; retryAfter?: string | undefined } = {},
	) {
		super(message, { cause: options.cause });
		this.reason = reason;
		this.retryAfter = options.retryAfter;
	}
}
