/** `/sse`, behind a valid token: HTTP+SSE of 2024-11-05. What it takes, the stream in the user's object answers. */
import { idOf, JSON_RPC, jsonRpcError, methodNotAllowed, notAcceptable, sessionNotFound } from "./json-rpc.ts";
import { readMessage } from "./message.ts";
import { openSocket } from "./open-socket.ts";
import { newSession } from "./session-id.ts";
import { socketStream } from "./socket-stream.ts";
import { userObjectOf } from "./user-object.ts";
import { accepts, type ResourceContext, type Visit, visitOf } from "./visit.ts";

/** HTTP+SSE: GET `/sse` opens a session and its stream, POST `/sse/message` sends it a message. */
export async function serveSse(request: Request, env: Env, ctx: ResourceContext): Promise<Response> {
	const isMessage = new URL(request.url).pathname === "/sse/message";
	const visit = visitOf(request, env, ctx, "sse");
	if (isMessage) return request.method === "POST" ? postToSse(visit) : methodNotAllowed("POST");
	return request.method === "GET" ? openSse(visit) : methodNotAllowed("GET", "Streamable HTTP is at /mcp");
}

async function openSse({ request, env, principal, ids }: Visit): Promise<Response> {
	if (!accepts(request, "text/event-stream")) return notAcceptable("text/event-stream");
	const session = newSession();
	const socket = await openSocket(env, principal, { kind: "sse", session: session.id });
	if (!socket) return sessionNotFound();
	const opening = `event: endpoint\ndata: /sse/message?sessionId=${await ids.issue(session)}\n\n`;
	return socketStream(socket, { opening, expiresAt: principal.expiresAt });
}

async function postToSse({ request, env, principal, ids }: Visit): Promise<Response> {
	const message = await readMessage(request);
	if (message instanceof Response) return message;
	if (Array.isArray(message)) {
		return jsonRpcError(400, JSON_RPC.invalidRequest, "Invalid Request: this address takes no batches");
	}
	// No challenge for a missing scope: clients of this era take a 403 for a broken server, and the tool says it better.
	const given = new URL(request.url).searchParams.get("sessionId");
	const id = idOf(message);
	if (!given) {
		const sentence = "Bad Request: the sessionId parameter is required";
		return jsonRpcError(400, JSON_RPC.transport, sentence, { id });
	}
	const session = await ids.read(given);
	if (!session) return sessionNotFound(id);
	return userObjectOf(env, principal.user.id).postToSse(session, message, principal);
}
