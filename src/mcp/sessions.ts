/** What of sessions is in a Durable Object of their user's, as the doors see it. */
import type { Principal } from "../auth/principal.ts";
import type { PlacedSession } from "./session-id.ts";

/** What was posted: a JSON-RPC message, or a batch of them, and the JSON in which it came. */
export type Posted = { readonly message: unknown; readonly text: string };

/** What of sessions lasts longer than a request. */
export type Sessions = {
	/** Takes a message posted to `/sse/message`; its answer goes to the session's stream. */
	postToSse(session: PlacedSession, posted: Posted, principal: Principal): Promise<Response>;
	/** The rest of a POST's event stream that broke; undefined if there is none that this token may read. */
	resume(session: PlacedSession, lastEventId: string, principal: Principal): Promise<Response | undefined>;
	/** @returns false if it had ended before */
	endSession(session: PlacedSession): Promise<boolean>;
};

/** Gives WebSockets, for the event streams of clients. */
export type StreamSource = { fetch(url: string, init: RequestInit): Promise<Response> };
