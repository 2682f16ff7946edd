/** What a tool, a resource or a prompt may use while it answers. */
import { waitUntil } from "cloudflare:workers";
import type { ClientCapabilities, ServerContext } from "@modelcontextprotocol/server";
import { currentPrincipal, type Principal } from "../auth/principal.ts";
import { logError } from "../errors.ts";
import type { Change } from "./change.ts";
import type { Upstream } from "./define/upstream.ts";
import { openState, sealState } from "./request-state.ts";
import { userObjectOf } from "./user-object.ts";
import { type StateClasses, type StateOf, stateOf } from "./user-state.ts";

/** The last progress of a request that is being handled: a tool that asked the user runs again, from the start. */
const lastProgress = new WeakMap<AbortSignal, number>();

/**
 * Whose request it is, and what is there for them.
 *
 * @typeParam Services those that are needed, of what `services` in `src/server.ts` makes
 */
export type UserContext<Services = object> = Services &
	Omit<Principal, "upstreamToken" | "grantId" | "expiresAt"> & {
		/** The API of the user's identity provider, in the user's name; undefined for users who did not sign in at one. */
		readonly upstream: Upstream | undefined;
		/** Tells all of the user's clients, in every era, that lists or resources have changed. Nobody waits for it. */
		changed(change: Change): void;
	};

/** The same while a call, a read or a prompt is answered. */
export type Context<Services = object> = UserContext<Services> & CallContext;

/** Says to the compiler which services an item of a catalogue needs. There is nothing of it at run time. */
export type Needing<Services> = { readonly needs?: (services: Services) => void };

type CallContext = {
	/**
	 * Aborted when the client cancels the request; in the stateless era, when it hangs up; with a TimeoutError, when the
	 * call reaches its deadline. Pass it on: of a request that is over, little more runs than what listens to it.
	 */
	readonly signal: AbortSignal;
	/** The request as the SDK shows it: its log, and what the client answered to an `inputRequired` result. */
	readonly request: ServerContext["mcpReq"];
	/** What the client said it can do: whether a question to the user may be asked with `inputRequired`. */
	readonly clientCapabilities: ClientCapabilities;
	/** Tells the client how far the work is, if it asked to know. Only a value larger than the one before is told. */
	progress(progress: number, total: number, message: string): Promise<void>;
	/**
	 * Seals what the next round of an `inputRequired` exchange needs to know, for its `requestState`. It comes back to
	 * this tool from this user within ten minutes, or the request is refused. The client can read it, and send it again.
	 */
	sealState(state: unknown): Promise<string>;
	/** What this tool sealed in the round before; undefined in the first. */
	readonly sealedState: unknown;
};

/** What `services` makes the services from. */
export type ServiceRequest<Classes extends StateClasses> = {
	readonly env: Env;
	/** Who is calling. */
	readonly principal: Omit<Principal, "upstreamToken" | "grantId" | "expiresAt">;
	/** What the server keeps for this user, by the names in `state`. */
	readonly state: StateOf<Classes>;
};

/** What a server's definition says of the context. */
export type Serves = {
	readonly state: StateClasses;
	services(request: ServiceRequest<StateClasses>): object;
	/** The APIs that take the user's token. */
	upstreamOf(principal: Principal, env: Env): Upstream | undefined;
};

/** What a server serves with. */
export type Serving = {
	readonly env: Env;
	readonly server: Serves;
	/** What the client of the request that is being handled said it can do. */
	clientCapabilities(): ClientCapabilities;
	/** Whether an `inputRequired` result gets to the client. */
	readonly canAsk: boolean;
};

/** With the services in it, which are not in its type: each item of a catalogue says which of them it needs. */
export function userContextOf({ env, server }: Pick<Serving, "env" | "server">): UserContext {
	const principal = currentPrincipal();
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
		...userContextOf(serving),
		signal: request.signal,
		request,
		// Said once in an initialize request, or with each request since 2026-07-28; the SDK answers for both.
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

/** The context of a call that is over when a signal says so: nothing that it tells after that is sent. */
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
