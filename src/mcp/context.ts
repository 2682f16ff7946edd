/** The context of a tool, a resource or a prompt. */
import { waitUntil } from "cloudflare:workers";
import type { ClientCapabilities, ServerContext } from "@modelcontextprotocol/server";
import { currentPrincipal, type Principal } from "../auth/principal.ts";
import { logError } from "../errors.ts";
import { type Trace, traceOf } from "../http/trace-context.ts";
import type { Change } from "./change.ts";
import type { Upstream } from "./define/upstream.ts";
import { openState, sealState } from "./request-state.ts";
import { userObjectOf } from "./user-object.ts";
import { type StateClasses, type StateOf, stateOf } from "./user-state.ts";

/** The last progress that was sent for a request. If a tool asks the user, it runs again from the start. */
const lastProgress = new WeakMap<AbortSignal, number>();

/**
 * The user of a request, and the services for that user.
 *
 * @typeParam Services the services that are needed, of those that `services` in `src/server.ts` makes
 */
export type UserContext<Services = object> = Services &
	Omit<Principal, "upstreamToken" | "grantId" | "expiresAt"> & {
		/** Calls the API of the user's identity provider as the user. Undefined if the user has no identity provider. */
		readonly upstream: Upstream | undefined;
		/** Notifies all of the user's clients that lists or resources have changed. Returns at once. */
		changed(change: Change): void;
	};

/** The context while a tool call, a resource read or a prompt is answered. */
export type Context<Services = object> = UserContext<Services> & CallContext;

/** Tells the compiler which services an item of a catalogue needs. It does not exist at run time. */
export type Needing<Services> = { readonly needs?: (services: Services) => void };

type CallContext = {
	/**
	 * Aborted when the client cancels the request, when a client of the stateless era (2026-07-28) disconnects, or, with
	 * a TimeoutError, when the call reaches its deadline. Pass it on, so that the work stops when the request is over.
	 */
	readonly signal: AbortSignal;
	/** The request as the SDK provides it, with its log and the client's answers to an `inputRequired` result. */
	readonly request: ServerContext["mcpReq"];
	/** The client's capabilities. They show whether the user can be asked with `inputRequired`. */
	readonly clientCapabilities: ClientCapabilities;
	/** Reports progress, if the client requested it. A value that is not larger than the one before is not sent. */
	progress(progress: number, total: number, message: string): Promise<void>;
	/**
	 * Signs the state for the next round of an `inputRequired` exchange, as its `requestState`. The request is refused
	 * unless the state comes back from this user to this tool within ten minutes. The client can read and replay it.
	 */
	sealState(state: unknown): Promise<string>;
	/** The state that this tool sealed in the round before; undefined in the first round. */
	readonly sealedState: unknown;
};

/** The argument of `services`. */
export type ServiceRequest<Classes extends StateClasses> = {
	readonly env: Env;
	/** The user and client of the request. */
	readonly principal: Omit<Principal, "upstreamToken" | "grantId" | "expiresAt">;
	/** The state of this user, by the names in `state`. */
	readonly state: StateOf<Classes>;
};

/** The part of a server's definition that makes the context. */
export type Serves = {
	readonly state: StateClasses;
	services(request: ServiceRequest<StateClasses>): object;
	/** The APIs that take the user's token. */
	upstreamOf(principal: Principal, env: Env): Upstream | undefined;
};

/** The data that an MCP server needs to answer requests. */
export type Serving = {
	readonly env: Env;
	readonly server: Serves;
	/** The capabilities of the client whose request is being handled. */
	clientCapabilities(): ClientCapabilities;
	/** Whether an `inputRequired` result can reach the client. */
	readonly canAsk: boolean;
	/** Told of calls that may take long or ask the user. */
	onCall?(tool: string, outcome: string): void;
};

/**
 * The context with the services, which its type does not show: each catalogue item declares those that it needs.
 *
 * @param trace of the message. It can be another one than that of the request that brought it
 */
export function userContextOf({ env, server }: Pick<Serving, "env" | "server">, trace?: Trace): UserContext {
	const principal = { ...currentPrincipal(), ...trace };
	const { upstreamToken: _token, grantId: _grant, expiresAt: _expiry, ...visible } = principal;
	const { id } = principal.user;
	return {
		...server.services({ env, principal: visible, state: stateOf(server.state, env, id) }),
		...visible,
		upstream: server.upstreamOf(principal, env),
		changed(change) {
			const announced = userObjectOf(env, id).announce(change);
			waitUntil(announced.catch((error) => logError("change_not_announced", error, principal.requestId)));
		},
	};
}

/**
 * The context of the request that is being handled.
 *
 * @param name the tool, resource or prompt that answers it
 */
export function contextOf(name: string, serving: Serving, mcp: ServerContext): Context {
	const { env, clientCapabilities } = serving;
	const { mcpReq: request } = mcp;
	return {
		...userContextOf(serving, traceOf(request._meta)),
		signal: request.signal,
		request,
		// A client states them once, in an initialize request, or, since 2026-07-28, with each request.
		clientCapabilities: clientCapabilities(),
		async progress(progress, total, message) {
			const progressToken = request._meta?.progressToken;
			if (progressToken === undefined || progress <= (lastProgress.get(request.signal) ?? -1)) return;
			lastProgress.set(request.signal, progress);
			await request.notify({ method: "notifications/progress", params: { progressToken, progress, total, message } });
		},
		sealState: (state) => sealState(env, name, state, mcp),
		sealedState: openState(name, mcp),
	};
}

/** The context of a call that ends when a signal is aborted. After that, its progress and logs are not sent. */
export function endingWith(signal: AbortSignal, context: Context): Context {
	const { request } = context;
	const untilThen =
		<Args extends unknown[]>(tell: (...args: Args) => Promise<void>) =>
		async (...args: Args) => {
			if (!signal.aborted) await tell(...args);
		};
	return {
		...context,
		signal,
		progress: untilThen(context.progress),
		request: { ...request, signal, notify: untilThen(request.notify), log: untilThen(request.log) },
	};
}
