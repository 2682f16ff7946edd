/** The HTTP+SSE transport of 2024-11-05, at `/sse` and `/stdio/sse`. Answers go to the stream in the user's object. */

import { idOf, JSON_RPC, jsonRpcError, methodNotAllowed, notAcceptable, sessionNotFound } from "../http/json-rpc.ts";
import type { Answerer } from "./answerer.ts";
import type { Server } from "./definition.ts";
import { readMessage } from "./message.ts";
import { openSocket } from "./open-socket.ts";
import { newSession } from "./session-id.ts";
import { socketStream } from "./socket-stream.ts";
import { type Admission, accepts, type Handler, type Visit, visitOf } from "./visit.ts";

/** A session ends with its stream. A disconnect is noticed when the second comment cannot be sent. */
const keepAliveMilliseconds = 5_000;

/** The handler of an answerer's endpoint: GET opens a session and its stream, POST sends a message to the session. */
export function createHttpSse(server: Server, answerer: Answerer): Handler {
	const endpoint = `${answerer.prefix}/sse` as const;
	const messagePath = `${endpoint}/message`;

	async function httpSse(request: Request, env: Env, admission: Admission): Promise<Response> {
		const visit = await visitOf(request, env, admission, server, endpoint);
		const refused = answerer.refuse(visit);
		if (refused) return refused;
		if (new URL(request.url).pathname === messagePath) {
			return request.method === "POST" ? post(visit) : methodNotAllowed("POST");
		}
		return request.method === "GET"
			? open(visit)
			: methodNotAllowed("GET", `Streamable HTTP is at ${answerer.prefix}/mcp`);
	}

	async function open(visit: Visit): Promise<Response> {
		const { request, principal, ids } = visit;
		if (!accepts(request, "text/event-stream")) return notAcceptable("text/event-stream");
		const limited = await visit.refuseBeyondLimit("stream");
		if (limited) return limited;
		const session = newSession();
		const refused = await answerer.prepareStream?.(visit, session, "sse");
		if (refused) return refused;
		const socket = await openSocket(answerer.objectOf(visit).streams, principal, { kind: "sse", session: session.id });
		if (!socket) return sessionNotFound();
		const opening = `event: endpoint\ndata: ${messagePath}?sessionId=${await ids.issue(session)}\n\n`;
		return socketStream(socket, { keepAliveMilliseconds, opening, expiresAt: principal.expiresAt });
	}

	async function post(visit: Visit): Promise<Response> {
		const { request, principal, ids } = visit;
		const posted = await readMessage(request, visit.env);
		if (posted instanceof Response) return posted;
		const { message } = posted;
		if (Array.isArray(message)) {
			return jsonRpcError(400, JSON_RPC.invalidRequest, "Invalid Request: this address takes no batches");
		}
		// No challenge for a missing scope: these clients treat a 403 as a broken server. The tool explains the refusal.
		const given = new URL(request.url).searchParams.get("sessionId");
		const id = idOf(message);
		if (!given) {
			const sentence = "Bad Request: the sessionId parameter is required";
			return jsonRpcError(400, JSON_RPC.transport, sentence, { id });
		}
		const session = await ids.read(given);
		if (!session) return sessionNotFound(id);
		const limited = await visit.refuseBeyondLimit("call", id);
		if (limited) return limited;
		return answerer.objectOf(visit).sessions.postToSse(session, posted, principal);
	}

	return httpSse;
}
