/** The interface of a user's object, and how the Worker reaches it. */
import type { LoggingLevel } from "@modelcontextprotocol/server";
import type { Principal } from "../auth/principal.ts";
import { readSettings } from "../auth/settings.ts";
import { logError, UnavailableError } from "../errors.ts";
import { currentRequestId } from "../http/request-id.ts";
import { within } from "../within.ts";
import type { Change } from "./change.ts";
import type { PlacedSession } from "./session-id.ts";
import type { Sessions, StreamSource } from "./sessions.ts";

export interface UserObject extends Sessions, StreamSource {
	/** Answers a POST to `/mcp`. */
	post(session: PlacedSession, message: unknown, principal: Principal): Promise<Response>;
	/** Calls a method of what keeps the sign-in's data. */
	useKeeper(method: string, args: readonly unknown[]): Promise<unknown>;
	/** Calls a method of the user's tasks. */
	useTasks(method: string, args: readonly unknown[]): Promise<unknown>;
	/** Notifies the user's clients of a change. */
	announce(change: Change): Promise<void>;
	logLevel(sessionId: string): Promise<LoggingLevel | undefined>;
	/** Calls a method of a feature's state. */
	useState(feature: string, method: string, args: readonly unknown[]): Promise<unknown>;
}

/**
 * @returns the object, whose methods throw UnavailableError if it does not answer; what its own code throws is passed on
 */
export function userObjectOf(env: Env, userId: string): UserObject {
	// The type of the stub is derived from all of Agent, which is too deep for the compiler.
	const namespace: { getByName(name: string): unknown } = env.MCP_OBJECT;
	const stub = () => namespace.getByName(userId) as UserObject;
	return {
		fetch: (url, init) => reach(env, () => stub().fetch(url, init)),
		post: (...args) => reach(env, () => stub().post(...args), longestCall(env)),
		postToSse: (...args) => reach(env, () => stub().postToSse(...args), longestCall(env)),
		resume: (...args) => reach(env, () => stub().resume(...args)),
		endSession: (...args) => reach(env, () => stub().endSession(...args)),
		useKeeper: (...args) => reach(env, () => stub().useKeeper(...args), longestRefresh(env)),
		useTasks: (...args) => reach(env, () => stub().useTasks(...args)),
		announce: (...args) => reach(env, () => stub().announce(...args)),
		logLevel: (...args) => reach(env, () => stub().logLevel(...args)),
		useState: (...args) => reach(env, () => stub().useState(...args)),
	};
}

/** The answer to a message may need its calls to end. */
export function longestCall(env: Env): number {
	const { callTimeoutSeconds, longCallTimeoutSeconds } = readSettings(env);
	return Math.max(callTimeoutSeconds, longCallTimeoutSeconds);
}

/** A refresh may ask the identity provider for tokens, for the user and for their membership, and writes to Workers KV. */
function longestRefresh(env: Env): number {
	const { upstreamTimeoutSeconds, storageTimeoutSeconds } = readSettings(env);
	return 3 * upstreamTimeoutSeconds + storageTimeoutSeconds;
}

/**
 * Waits for an object until its deadline.
 *
 * @param extraSeconds that the object may take for its own work
 * @throws UnavailableError if the object does not answer; what its own code throws is passed on
 */
export async function reach<T>(env: Env, ask: () => Promise<T>, extraSeconds = 0): Promise<T> {
	try {
		return await within(readSettings(env).storageTimeoutSeconds + extraSeconds, "A user's object", ask());
	} catch (error) {
		const { remote, name } = Object(error);
		// What the object's own code throws is a fault of ours. A client that disconnects aborts its request.
		if (remote === true || name === "AbortError") throw error;
		logError("object_unavailable", error, currentRequestId());
		throw new UnavailableError("This server cannot reach your data at the moment. Try again in a minute.");
	}
}
