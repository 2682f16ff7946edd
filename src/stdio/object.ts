/** The interface of the Durable Object with a user's stdio sessions, and how the Worker reaches it. */
import type { Principal } from "../auth/principal.ts";
import type { PlacedSession, Session } from "../mcp/session-id.ts";
import type { Posted, Sessions, StreamSource } from "../mcp/sessions.ts";
import { longestCall, reach } from "../mcp/user-object.ts";
import { readStdioSettings } from "./settings.ts";

export type StdioSessionsApi = Sessions & {
	/** Starts a child for a session, and passes `initialize` to it. */
	open(session: Session, posted: Posted, principal: Principal): Promise<Response>;
	/** Finds the child before a stream is opened, or starts it at `/stdio/sse`. @returns a response if there is none */
	prepareStream(session: Session, kind: "get" | "sse", principal: Principal): Promise<Response | undefined>;
	/** Passes a message to the child of a session. */
	post(session: PlacedSession, posted: Posted, principal: Principal): Promise<Response>;
	/** Ends the children of a grant. */
	endGrant(grantId: string): Promise<void>;
};

/** The body of a POST to the object, for a message of 2026-07-28. */
export type Stateless = { readonly message: unknown; readonly principal: Principal };

/** Its `fetch` opens streams and answers messages of 2026-07-28. If the client disconnects, a `fetch` is aborted. */
export type StdioObject = StreamSource & { readonly sessions: StdioSessionsApi };

/** How long a container may take to start, and its program to open a pipe. */
const START_SECONDS = 60;

/** The object of the user's container, or, on a local server without containers, one that calls the local bridge. */
export function stdioObjectOf(env: Env, userId: string): StdioObject {
	const namespace: { getByName(name: string): unknown } =
		readStdioSettings(env).place === "container" ? env.STDIO_OBJECT : env.STDIO_LOCAL_OBJECT;
	const stub = () => namespace.getByName(userId) as StdioObject;
	// A container has to start before its first answer.
	const seconds = START_SECONDS + longestCall(env);
	return {
		fetch: (url, init) => reach(env, () => stub().fetch(url, init), seconds),
		sessions: {
			open: (...args) => reach(env, () => stub().sessions.open(...args), seconds),
			prepareStream: (...args) => reach(env, () => stub().sessions.prepareStream(...args), seconds),
			post: (...args) => reach(env, () => stub().sessions.post(...args), seconds),
			postToSse: (...args) => reach(env, () => stub().sessions.postToSse(...args), seconds),
			resume: (...args) => reach(env, () => stub().sessions.resume(...args), seconds),
			endSession: (...args) => reach(env, () => stub().sessions.endSession(...args)),
			endGrant: (...args) => reach(env, () => stub().sessions.endGrant(...args)),
		},
	};
}
