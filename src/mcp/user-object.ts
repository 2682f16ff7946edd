/** The interface of a user's object, and how the Worker reaches it. */
import type { LoggingLevel } from "@modelcontextprotocol/server";
import type { Principal } from "../auth/principal.ts";
import type { Change } from "./change.ts";
import type { PlacedSession } from "./session-id.ts";
import type { Sessions, StreamSource } from "./sessions.ts";

export interface UserObject extends Sessions, StreamSource {
	/** Answers a POST to `/mcp`. */
	post(session: PlacedSession, message: unknown, principal: Principal): Promise<Response>;
	/** Calls a method of what keeps the sign-in's data. */
	useKeeper(method: string, args: readonly unknown[]): Promise<unknown>;
	/** Notifies the user's clients of a change. */
	announce(change: Change): Promise<void>;
	logLevel(sessionId: string): Promise<LoggingLevel | undefined>;
	/** Calls a method of a feature's state. */
	useState(feature: string, method: string, args: readonly unknown[]): Promise<unknown>;
}

export function userObjectOf(env: Env, userId: string): UserObject {
	// The type of the stub is derived from all of Agent, which is too deep for the compiler.
	const namespace: { getByName(name: string): unknown } = env.MCP_OBJECT;
	return namespace.getByName(userId) as UserObject;
}
