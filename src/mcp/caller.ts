/** Who a message is from. It travels beside each message and is never kept by a session. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Permission, Scope } from "../scopes.ts";
import type { User } from "../session.ts";

export type Caller = {
	readonly user: User;
	/** Every permission the user has now. */
	readonly permissions: readonly Permission[];
	/** The scopes of the token that came with this message. */
	readonly scopes: readonly Scope[];
	/** The user's token at their identity provider, for this request only. */
	readonly upstreamToken: string | undefined;
	readonly grantId: string;
	/** Where the request came to: the issuer of its grant. */
	readonly origin: string;
	/** Names this request in the log and in error texts. */
	readonly requestId: string;
	/** Whether the request came to a loopback host. */
	readonly isLocal: boolean;
};

const callers = new AsyncLocalStorage<Caller>();

/** Runs `handle`, and all it starts, on behalf of a caller. */
export function runAs<T>(caller: Caller, handle: () => T): T {
	return callers.run(caller, handle);
}

/**
 * The caller of the message that is being handled.
 *
 * @throws Error outside `runAs`: nothing may be done for nobody
 */
export function currentCaller(): Caller {
	const caller = callers.getStore();
	if (!caller) throw new Error("No caller: this code runs outside a request");
	return caller;
}
