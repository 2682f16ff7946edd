/** What a tool, a resource or a prompt may use while it answers. */
import type { ClientCapabilities, McpServer, ServerContext } from "@modelcontextprotocol/server";
import { type Upstream, upstreamOf } from "../identity/upstream-api.ts";
import type { UserObject } from "../user/object.ts";
import { type Caller, currentCaller } from "./caller.ts";
import { openState, sealState } from "./request-state.ts";

/** The last progress of a request that is being handled: a tool that asked the user runs again, from the start. */
const lastProgress = new WeakMap<AbortSignal, number>();

/** Whose request it is, and what is there for them. */
export type UserContext = Omit<Caller, "upstreamToken" | "grantId"> & {
	readonly ai: Ai;
	/** The API of the user's identity provider, in the user's name; undefined for the built-in sign-in. */
	readonly upstream: Upstream | undefined;
	/** What the server keeps for this user, whichever client they use. */
	readonly userObject: Pick<UserObject, "remember" | "recall" | "forget" | "readNote" | "noteIds">;
};

export type Context = UserContext & {
	/**
	 * Aborted when the client cancels the request; in the stateless era, when it hangs up. Pass it on: of a request whose
	 * client is gone, little more runs than what listens to it.
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

export function userContextOf(env: Env): UserContext {
	const caller = currentCaller();
	const { upstreamToken: _token, grantId: _grant, ...visible } = caller;
	const userObject = env.USER_OBJECT.getByName(caller.user.id);
	return { ...visible, ai: env.AI, upstream: upstreamOf(caller, env), userObject };
}

/**
 * The context of the request that is being handled.
 *
 * @param name the tool, resource or prompt that answers it
 */
export function contextOf(name: string, env: Env, server: McpServer, mcp: ServerContext): Context {
	const { mcpReq: request } = mcp;
	return {
		...userContextOf(env),
		signal: request.signal,
		request,
		// Said once in an initialize request, or with each request since 2026-07-28; the SDK answers for both.
		clientCapabilities: server.server.getClientCapabilities() ?? {},
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
