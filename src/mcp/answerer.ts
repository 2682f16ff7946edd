/** The interface of an answerer: it answers the messages that the transports at `/mcp` and `/sse` have accepted. */
import type { InitializeRequest, JSONRPCErrorResponse } from "@modelcontextprotocol/server";
import type { PlacedSession, Session } from "./session-id.ts";
import type { Posted, Sessions, StreamSource } from "./sessions.ts";
import type { Visit } from "./visit.ts";

export type Answerer = {
	/** The prefix of the paths of its endpoints. */
	readonly prefix: "" | `/${string}`;
	/** Refuses all requests of a principal that may not use this answerer; undefined if it may. */
	refuse(visit: Visit): Response | undefined;
	/** The Durable Object that holds the user's sessions. */
	objectOf(visit: Visit): { readonly sessions: Sessions; readonly streams: StreamSource };
	/** Answers a message that needs none of the checks below. @param find finds the session of the request */
	answerAtOnce?(visit: Visit, message: unknown, find: SessionFinder): Promise<Response> | undefined;
	/** Checks a message. @returns a response to all of it, or the part that is left to answer */
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
	/** Prepares a stream of an existing session, or of a new one at `/sse`. @returns a response if it cannot be opened */
	prepareStream?(visit: Visit, session: PlacedSession | Session, kind: "get" | "sse"): Promise<Response | undefined>;
};

export type SessionFinder = (id: string | number) => Promise<PlacedSession | Response>;

/** The part of a message that is left to answer, if any, and the errors for the rest. */
export type Checked = { readonly fitting: unknown; readonly errors: readonly JSONRPCErrorResponse[] };
