/** A user's object as the Worker sees it: what it can be asked, and how it is reached. */
import type { LoggingLevel } from "@modelcontextprotocol/server";
import type { Principal } from "../auth/principal.ts";
import type { Change } from "./change.ts";
import type { Session } from "./session-id.ts";

/** Says in a header what a WebSocket to the object is for; nobody but the Worker reaches it. */
export const STREAM_HEADER = "X-Stream";

/** A session, and when its id expires, in seconds since the epoch. */
export type PlacedSession = Session & { readonly expiresAt: number };

export interface UserObject {
	/** Answers a POST to `/mcp`. */
	post(session: PlacedSession, message: unknown, principal: Principal): Promise<Response>;
	/** Takes a message posted to `/sse/message`; its answer goes to the session's stream. */
	postToSse(session: PlacedSession, message: unknown, principal: Principal): Promise<Response>;
	/** The rest of a POST's event stream that broke; undefined if there is none that this token may read. */
	resume(session: PlacedSession, lastEventId: string, principal: Principal): Promise<Response | undefined>;
	/** @returns false if it had ended before */
	endSession(session: PlacedSession): Promise<boolean>;
	/** Ends the streams and calls of a grant. */
	endGrant(grantId: string): Promise<void>;
	/** Tells the user's clients what has changed. */
	announce(change: Change): Promise<void>;
	logLevel(sessionId: string): Promise<LoggingLevel | undefined>;
	/** Calls a method of what a feature keeps for the user. */
	useState(feature: string, method: string, args: readonly unknown[]): Promise<unknown>;
	/** Opens an event stream. */
	fetch(url: string, init: RequestInit): Promise<Response>;
}

export function userObjectOf(env: Env, userId: string): UserObject {
	// The stub's own type is derived from all of Agent, which is deeper than the compiler goes.
	const namespace: { getByName(name: string): unknown } = env.MCP_OBJECT;
	return namespace.getByName(userId) as UserObject;
}
