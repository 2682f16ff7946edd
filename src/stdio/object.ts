/** The object with a user's sessions of the stdio server, as the Worker sees it. */
import type { Principal } from "../auth/principal.ts";
import type { PlacedSession, Session } from "../mcp/session-id.ts";
import type { Posted, Sessions, StreamSource } from "../mcp/sessions.ts";
import { readStdioSettings } from "./settings.ts";

export type StdioSessionsApi = Sessions & {
	/** Starts a child for a session, and has it answer `initialize`. */
	open(session: Session, posted: Posted, principal: Principal): Promise<Response>;
	/** Finds the child of a session before a stream is opened, or starts it at `/stdio/sse`. @returns why there is none */
	prepareStream(session: Session, kind: "get" | "sse", principal: Principal): Promise<Response | undefined>;
	/** Hands a message to the child of a session. */
	post(session: PlacedSession, posted: Posted, principal: Principal): Promise<Response>;
	/** Ends the children of a grant. */
	endGrant(grantId: string): Promise<void>;
};

/** What the object is posted for a message of 2026-07-28. */
export type Stateless = { readonly message: unknown; readonly principal: Principal };

/** It answers messages of 2026-07-28 as well as it opens streams: a call by `fetch` ends when the client hangs up. */
export type StdioObject = StreamSource & { readonly sessions: StdioSessionsApi };

/** In the user's container; on this computer, where there is none, in an object that reaches the program beside it. */
export function stdioObjectOf(env: Env, userId: string): StdioObject {
	const namespace: { getByName(name: string): unknown } =
		readStdioSettings(env).place === "container" ? env.STDIO_OBJECT : env.STDIO_LOCAL_OBJECT;
	return namespace.getByName(userId) as StdioObject;
}
