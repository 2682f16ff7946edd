/** What is behind the doors of `/mcp` and `/sse`, or of those of `/stdio`: the doors do what is the same, whoever answers. */
import type { InitializeRequest, JSONRPCErrorResponse } from "@modelcontextprotocol/server";
import type { Principal } from "../auth/principal.ts";
import type { PlacedSession, Session } from "./session-id.ts";
import type { Visit } from "./visit.ts";

/** What was posted: a JSON-RPC message, or a batch of them, and the JSON in which it came. */
export type Posted = { readonly message: unknown; readonly text: string };

/** What of sessions lasts longer than a request; it is in a Durable Object of their user's. */
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

export type Answerer = {
	/** What the paths of its endpoints begin with. */
	readonly prefix: "" | `/${string}`;
	/** Why somebody may not come in, whatever they want. */
	refuse(visit: Visit): Response | undefined;
	/** The object with a user's sessions. */
	objectOf(visit: Visit): { readonly sessions: Sessions; readonly streams: StreamSource };
	/** An answer to what needs none of the checks below. @param find the session of the request, once it is needed */
	answerAtOnce?(visit: Visit, message: unknown, find: SessionFinder): Promise<Response> | undefined;
	/** Sorts out what is not answered as it stands. @returns the answer to all of it, or to parts */
	check(visit: Visit, message: unknown): Response | Checked;
	/** Answers a message of 2026-07-28. */
	answerStateless(visit: Visit, message: unknown): Promise<Response>;
	/** Answers the request that opens a session. */
	initialize(
		visit: Visit,
		session: Session,
		posted: Posted & { readonly message: InitializeRequest },
	): Promise<Response>;
	/** Answers any other message of a session. */
	answer(visit: Visit, session: PlacedSession, posted: Posted): Promise<Response>;
	/** Before a stream is opened: for a session that there is, or for one that begins with it. @returns why it is not */
	prepareStream?(visit: Visit, session: PlacedSession | Session, kind: "get" | "sse"): Promise<Response | undefined>;
};

export type SessionFinder = (id: string | number) => Promise<PlacedSession | Response>;

/** What is left to answer, if anything, and the answers to the rest. */
export type Checked = { readonly fitting: unknown; readonly errors: readonly JSONRPCErrorResponse[] };
