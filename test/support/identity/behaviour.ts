/** How the identity providers of the tests treat one of their clients. Each test brings a client of its own. */

/** What a token endpoint or an API answers instead of its own answer. */
export type Answer = {
	readonly status: number;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: unknown;
	/** Instead of `body`, as it is. */
	readonly text?: string;
};

export type Fault = Answer | "silence";

/** What is wrong with a token that is a JWT. */
export type JwtFault = {
	/** Claims to change, or to leave out (null); the token is signed again with the provider's key. */
	readonly claims?: Readonly<Record<string, unknown>>;
	/** Signed by a key that is not the provider's, under the name of one that is. */
	readonly isForged?: boolean;
	readonly isMissing?: boolean;
};

export type Behaviour = {
	/** What the provider says of whoever signs in, beside or instead of what it says by itself. */
	readonly claims?: Readonly<Record<string, unknown>>;
	/** Lifetime of access tokens in seconds; null: they never expire. */
	readonly expiresIn?: number | null;
	/** What a refresh does to the refresh token; each provider has its own habit. */
	readonly refreshToken?: "rotated" | "kept" | "omitted";
	/** How long the token endpoint thinks; for a host in place of a client: how long its metadata takes. */
	readonly thinkMilliseconds?: number;
	readonly onCode?: Fault;
	readonly onRefresh?: Fault;
	readonly onApi?: Fault;
	readonly idToken?: JwtFault;
	readonly accessToken?: JwtFault;
};

/** A request that a provider got on behalf of a client. */
export type Recorded = {
	readonly host: string;
	readonly path: string;
	readonly grantType?: string;
	/** The form of a request to the token endpoint. */
	readonly form?: Readonly<Record<string, string>>;
	/** The access token it came with. */
	readonly bearer?: string;
	/** The headers of W3C Trace Context and Baggage. */
	readonly traceparent?: string;
	readonly tracestate?: string;
	readonly baggage?: string;
};

/** Where tests tell the providers how to behave, on the internet of the tests. */
export const CONTROL_HOST = "control.test";

export function secretOf(clientId: string): string {
	return `secret-of-${clientId}`;
}
