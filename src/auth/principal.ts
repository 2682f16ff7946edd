/** The principal: the user and client behind a message. It is made once from the token. Only a task stores it, without tokens. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { User } from "./grant.ts";

/** A user without what only the door needs. `Principal.permissions` has the permissions in force. */
export type CallingUser = Omit<User, "permissions" | "membership">;

/** Which protocol a request uses: sessions over Streamable HTTP, HTTP+SSE, or no sessions. */
export type Era = "2025" | "sse" | "2026-07-28";

export type Principal = {
	readonly user: CallingUser;
	/** The OAuth client that the token was issued to. */
	readonly clientId: string;
	/** Every permission the user has now: from the identity provider or from a setting. */
	readonly permissions: readonly string[];
	/** The scopes of the token that came with this message. */
	readonly scopes: readonly string[];
	/** The user's token at their identity provider, for this request only. */
	readonly upstreamToken: string | undefined;
	readonly grantId: string;
	/** When the token expires, in seconds since the epoch. */
	readonly expiresAt: number | undefined;
	/** The origin that received the request, which is the issuer of its grant. */
	readonly origin: string;
	/** Names this request in the log and in error texts. */
	readonly requestId: string;
	/** The trace that this request belongs to, if its sender named one: a `traceparent` (W3C Trace Context). */
	readonly traceparent: string | undefined;
	/** What tracing systems add to it. */
	readonly tracestate?: string;
	/** The name of the user in the log: a keyed hash. */
	readonly pseudonym: string;
	readonly era: Era;
	/** Whether the request came to a loopback host. */
	readonly isLocal: boolean;
};

/** The permissions and scopes that decide what a request may see and use. */
export type Rights = Pick<Principal, "permissions" | "scopes">;

const principals = new AsyncLocalStorage<Principal>();

/** Runs `handle`, and everything that it starts, on behalf of a principal. */
export function runAs<T>(principal: Principal, handle: () => T): T {
	return principals.run(principal, handle);
}

/**
 * The principal of the message that is being handled.
 *
 * @throws Error outside `runAs`
 */
export function currentPrincipal(): Principal {
	const principal = principals.getStore();
	if (!principal) throw new Error("No principal: this code runs outside a request");
	return principal;
}
