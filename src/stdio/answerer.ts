/** Answers `/stdio/mcp` and `/stdio/sse` from the stdio MCP server: passes each message to a child process. */

import { JSON_RPC, jsonRpcError } from "../http/json-rpc.ts";
import type { Answerer } from "../mcp/answerer.ts";
import type { Visit } from "../mcp/visit.ts";
import { type Stateless, stdioObjectOf } from "./object.ts";

/** The permission and the scope that a request to the stdio server needs. */
export const PERMISSION = "stdio";
export const SCOPE = "stdio";

const sessionsOf = ({ env, principal }: Visit) => stdioObjectOf(env, principal.user.id).sessions;

export const answerer: Answerer = {
	prefix: "/stdio",
	refuse,
	objectOf({ env, principal }) {
		const object = stdioObjectOf(env, principal.user.id);
		return { sessions: object.sessions, streams: object };
	},
	// The child checks its messages itself.
	check: (_visit, message) => ({ fitting: message, errors: [] }),
	answerStateless({ request, env, principal }, message) {
		const { url, signal } = request;
		const headers = new Headers(request.headers);
		headers.delete("Authorization");
		const body = JSON.stringify({ message, principal } satisfies Stateless);
		return stdioObjectOf(env, principal.user.id).fetch(url, { method: "POST", headers, body, signal });
	},
	initialize: (visit, session, posted) => sessionsOf(visit).open(session, posted, visit.principal),
	answer: (visit, session, posted) => sessionsOf(visit).post(session, posted, visit.principal),
	prepareStream: (visit, session, kind) => sessionsOf(visit).prepareStream(session, kind, visit.principal),
};

/** Refuses users who may not use the stdio server, and tokens without its scope. */
function refuse({ principal, challenge }: Visit): Response | undefined {
	if (!principal.permissions.includes(PERMISSION)) {
		const sentence = `${principal.user.login} may not use the stdio server here. The server's administrator can add them to STDIO_ALLOWED_USERS.`;
		return jsonRpcError(403, JSON_RPC.transport, sentence);
	}
	if (principal.scopes.includes(SCOPE)) return undefined;
	const sentence = `This needs the scope ${SCOPE}, which was not granted to this connection.`;
	return challenge?.([...principal.scopes, SCOPE]) ?? jsonRpcError(403, JSON_RPC.transport, sentence);
}
