/** A user's object as the Worker sees it: what it can be asked, and how it is reached. */
import type { LoggingLevel } from "@modelcontextprotocol/server";
import type { Principal } from "../auth/principal.ts";
import type { Change } from "./change.ts";
import type { PlacedSession } from "./session-id.ts";
import type { Sessions, StreamSource } from "./sessions.ts";

export interface UserObject extends Sessions, StreamSource {
	/** Answers a POST to `/mcp`. */
	post(session: PlacedSession, message: unknown, principal: Principal): Promise<Response>;
	/** Ends the streams and calls of a grant. */
	endGrant(grantId: string): Promise<void>;
	/** Tells the user's clients what has changed. */
	announce(change: Change): Promise<void>;
	logLevel(sessionId: string): Promise<LoggingLevel | undefined>;
	/** Calls a method of what a feature keeps for the user. */
	useState(feature: string, method: string, args: readonly unknown[]): Promise<unknown>;
}

export function userObjectOf(env: Env, userId: string): UserObject {
	// The stub's own type is derived from all of Agent, which is deeper than the compiler goes.
	const namespace: { getByName(name: string): unknown } = env.MCP_OBJECT;
	return namespace.getByName(userId) as UserObject;
}
