/** What a provider adds to the sign-in flow that all providers share (oauth2.ts). */
import type * as oauth from "oauth4webapi";
import type { Identity } from "./provider.ts";

/** A checked token response. If it comes from an OpenID provider, it has the claims of the ID token. */
export type TokenAnswer = {
	readonly accessToken: string;
	readonly claims: oauth.IDToken | undefined;
	readonly body: Record<string, unknown>;
	/** The claims of the same user from the userinfo endpoint; undefined if there is none, or it is not known who it is. */
	userInfo(): Promise<oauth.UserInfoResponse | undefined>;
};

/** A user, with the domain that the provider states. */
export type Person = Omit<Identity, "permissions" | "membership"> & { readonly domain?: string | undefined };

export type Claims = Readonly<Record<string, unknown>>;

export type ProviderDefinition = {
	readonly name: string;
	readonly title: string;
	readonly apiUrl?: string;
	readonly userPath?: string;
	readonly clientId: string;
	readonly clientSecret: string;
	/** How the client secret is sent: RFC 6749 section 2.3.1. */
	readonly authentication?: "basic" | "post";
	/** The provider's endpoints, or the issuer whose metadata lists them. */
	readonly server: oauth.AuthorizationServer | URL;
	readonly scope: string;
	/** Whether it is an OpenID provider. Its token responses carry an ID token, which is checked. */
	readonly isOpenId: boolean;
	/** Whether to use PKCE (RFC 7636). The default is true. */
	readonly pkce?: boolean;
	/** The API that the access token is for, if the provider issues tokens for one API (RFC 8707). */
	readonly resource?: string | undefined;
	/** Additional parameters of the authorization request. */
	readonly parameters?: Readonly<Record<string, string>>;
	/** Turns a token response that breaks RFC 6749 into a standard one: an `error`, or a token with its type. */
	readonly normalize?: (body: Record<string, unknown>) => Record<string, unknown>;
	/** Errors, in addition to `invalid_grant`, that mean that a refresh token will never work again. */
	readonly deadGrantErrors?: readonly string[];
	/** Whether it states a domain of the user, which then counts instead of that of the email address. */
	readonly statesDomain?: boolean;
	/** All who have an account there. The default is anyone with an account at the provider. */
	readonly everyone?: string;
	/** Whether it says of email addresses that they are verified. The default is true. */
	readonly verifiesEmail?: boolean;
	/** @throws UpstreamError if the provider's response is not usable */
	identify(answer: TokenAnswer): Promise<Person>;
	/** The organisations of the user, among those that the settings name. */
	organizations?(accessToken: string): Promise<string[]>;
	/** What the provider claims of the user. The default is the ID token, then the userinfo endpoint. */
	claims?(answer: TokenAnswer, name: string): Promise<Claims | undefined>;
	/** The permissions that the provider's tokens state, read again at each refresh. Undefined if they state none. */
	permissions?(answer: TokenAnswer): Promise<readonly string[] | undefined>;
};
