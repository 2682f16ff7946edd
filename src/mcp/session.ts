/** A session as the Worker and a user's object see it: what it can be asked, and how it is reached. */
import type { Caller } from "./caller.ts";
import type { SessionTransport } from "./session-id.ts";

export const SESSION_HEADER = "Mcp-Session-Id";
export const LAST_EVENT_HEADER = "Last-Event-ID";

export type McpRequest = {
	readonly url: string;
	/** The headers the protocol needs; never the bearer token. */
	readonly headers: Record<string, string>;
	/** The parsed body. */
	readonly message: unknown;
};

/** What a session tells its client: which lists to ask for again, and which resources. */
export type Change = {
	readonly lists: readonly ("tools" | "prompts" | "resources")[];
	/** URIs; only those that the client subscribed to are told. */
	readonly resources: readonly string[];
};

/** What is called on a session. */
export interface Session {
	post(request: McpRequest, caller: Caller): Promise<Response>;
	postMessage(message: unknown, caller: Caller): Promise<Response>;
	/** The rest of an event stream that broke; undefined if the event was not on the stream of a POST. */
	resume(request: Omit<McpRequest, "message">): Promise<Response | undefined>;
	terminate(): Promise<Response>;
	/** @returns whether an event stream was open to be told on */
	announce(change: Change): Promise<boolean>;
	fetch(url: string, init: RequestInit): Promise<Response>;
}

/** The name of a session's object. McpAgent reads the transport from it. */
export function sessionName(transport: SessionTransport, id: string): string {
	return `${transport}:${id}`;
}

/** The session of a signed id that was checked. */
export function sessionOf(env: Env, transport: SessionTransport, id: string): Session {
	return sessionNamed(env, sessionName(transport, id));
}

/** The session whose object has this name: one that said so itself. */
export function sessionNamed(env: Env, name: string): Session {
	// The stub's own type is derived from all of Agent, which is deeper than the compiler goes.
	const namespace: { getByName(name: string): unknown } = env.MCP_OBJECT;
	return namespace.getByName(name) as Session;
}
