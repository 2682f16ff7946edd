/** The sessions in a user's Durable Object, as the transports use them. */
import type { Principal } from "../auth/principal.ts";
import type { PlacedSession } from "./session-id.ts";

/** A posted JSON-RPC message, or a batch of them, and its JSON text. */
export type Posted = { readonly message: unknown; readonly text: string };

/** The operations on sessions that need the object. */
export type Sessions = {
	/** Accepts a message posted to `/sse/message`. The answer goes to the session's stream. */
	postToSse(session: PlacedSession, posted: Posted, principal: Principal): Promise<Response>;
	/** The rest of a POST's broken event stream; undefined if there is none that this token may read. */
	resume(session: PlacedSession, lastEventId: string, principal: Principal): Promise<Response | undefined>;
	/** @returns false if the session had already ended */
	endSession(session: PlacedSession): Promise<boolean>;
};

/** Opens WebSockets, for the event streams of clients. */
export type StreamSource = { fetch(url: string, init: RequestInit): Promise<Response> };
