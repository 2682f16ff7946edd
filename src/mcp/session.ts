/** A session as the Worker sees it: what it can be asked, and how it is reached. */
import type { Caller } from "./caller.ts";
import type { SessionTransport } from "./session-id.ts";

export const SESSION_HEADER = "Mcp-Session-Id";

export type McpRequest = {
	readonly url: string;
	/** The headers the protocol needs; never the bearer token. */
	readonly headers: Record<string, string>;
	/** The parsed body. */
	readonly message: unknown;
};

/** What the Worker calls on a session. */
export interface Session {
	post(request: McpRequest, caller: Caller): Promise<Response>;
	postMessage(message: unknown, caller: Caller): Promise<Response>;
	terminate(): Promise<Response>;
	fetch(url: string, init: RequestInit): Promise<Response>;
}

/** The session of a signed id that was checked. McpAgent reads the transport from the object's name. */
export function sessionOf(env: Env, transport: SessionTransport, id: string): Session {
	// The stub's own type is derived from all of Agent, which is deeper than the compiler goes.
	const namespace: { getByName(name: string): unknown } = env.MCP_OBJECT;
	return namespace.getByName(`${transport}:${id}`) as Session;
}
