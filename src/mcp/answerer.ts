/** What is behind the doors of `/mcp` and `/sse`, or of those of `/stdio`: the doors do what is the same, whoever answers. */
import type { InitializeRequest, JSONRPCErrorResponse } from "@modelcontextprotocol/server";
import type { PlacedSession, Session } from "./session-id.ts";
import type { Posted, Sessions, StreamSource } from "./sessions.ts";
import type { Visit } from "./visit.ts";

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
