/** The Streamable HTTP transport, at `/mcp` and `/stdio/mcp`. Checks requests, and passes them to the answerer. */
import {
	type InitializeRequest,
	isInitializeRequest,
	isJSONRPCRequest,
	isLegacyRequest,
	type JSONRPCErrorResponse,
	type RequestId,
	SUPPORTED_PROTOCOL_VERSIONS,
} from "@modelcontextprotocol/server";
import {
	completeError,
	idOf,
	JSON_RPC,
	jsonRpcError,
	methodNotAllowed,
	notAcceptable,
	sessionNotFound,
	shorten,
} from "../http/json-rpc.ts";
import type { Answerer } from "./answerer.ts";
import type { Server } from "./definition.ts";
import { EndedSessions } from "./ended-sessions.ts";
import { beginWith, eventOf } from "./event-stream.ts";
import { LAST_EVENT_HEADER, SESSION_HEADER, VERSION_HEADER } from "./headers.ts";
import { readMessage } from "./message.ts";
import { isStandaloneEvent } from "./object/streams.ts";
import { ALREADY_INITIALIZED } from "./object/user-sessions.ts";
import { openSocket } from "./open-socket.ts";
import { PROTOCOL_VERSIONS, STATELESS_VERSION } from "./protocol-versions.ts";
import { clientClaimsOf, newSession, type PlacedSession } from "./session-id.ts";
import type { Posted } from "./sessions.ts";
import { socketStream } from "./socket-stream.ts";
import { type Admission, accepts, type Handler, isStateless, type Visit, visitOf } from "./visit.ts";

/** Sessions that ended in this isolate. The user's object knows all ended sessions of its user. */
const ended = new EndedSessions();

/** The handler of an answerer's endpoint. */
export function createStreamableHttp(server: Server, answerer: Answerer): Handler {
	const endpoint = `${answerer.prefix}/mcp` as const;

	/** POST sends a message. In versions with sessions, GET opens or resumes a stream, and DELETE ends the session. */
	async function streamableHttp(request: Request, env: Env, admission: Admission): Promise<Response> {
		if (request.method !== "POST" && isStateless(request)) {
			return methodNotAllowed("POST", `Version ${STATELESS_VERSION} has neither sessions nor GET streams`);
		}
		const visit = await visitOf(request, env, admission, server, endpoint);
		const refused = answerer.refuse(visit);
		if (refused) return refused;
		switch (request.method) {
			case "POST":
				return post(visit);
			case "GET":
				return listen(visit);
			case "DELETE":
				return endSession(visit);
			default:
				return methodNotAllowed("GET, POST, DELETE");
		}
	}

	async function post(visit: Visit): Promise<Response> {
		const { request } = visit;
		const posted = await readMessage(request, visit.env);
		if (posted instanceof Response) return posted;
		const { message, text } = posted;
		const id = idOf(message);
		if (!accepts(request, "application/json") || !accepts(request, "text/event-stream")) {
			return notAcceptable("both application/json and text/event-stream", id);
		}
		const limited = await visit.refuseBeyondLimit("call", id);
		if (limited) return limited;
		const atOnce = answerer.answerAtOnce?.(visit, message, (id) => findSession(visit, id));
		if (atOnce) return atOnce;
		const checked = answerer.check(visit, message);
		if (checked instanceof Response) return checked;
		const { fitting, errors } = checked;
		if (isStateless(request) || !(await isLegacyRequest(request, fitting))) {
			return completeError(await answerer.answerStateless(visit, fitting), id);
		}
		if (isJSONRPCRequest(fitting) && isInitializeRequest(fitting)) return initialize(visit, { message: fitting, text });
		const session = await findSession(visit, id);
		if (session instanceof Response) return session;
		const response = await answerer.answer(visit, session, { message: fitting, text });
		return errors.length === 0 ? response : addErrors(response, errors);
	}

	/** Opens a session. The id that the client gets contains all its data. */
	async function initialize(visit: Visit, posted: Posted & { message: InitializeRequest }): Promise<Response> {
		const { request, ids } = visit;
		const { message } = posted;
		const id = idOf(message);
		const version = checkVersion(request, id);
		if (version) return version;
		const given = request.headers.get(SESSION_HEADER);
		if (given !== null) {
			const session = await ids.read(given);
			const { code, message } = ALREADY_INITIALIZED;
			return session && !ended.has(session.id) ? jsonRpcError(400, code, message, { id }) : sessionNotFound(id);
		}
		const session = newSession(clientClaimsOf(message.params.capabilities));
		const response = await answerer.initialize(visit, session, posted);
		if (!response.ok) return response;
		const { result } = await response.clone().json<{ result?: { protocolVersion: string } }>();
		if (!result) return new Response(response.body, { status: 400, headers: response.headers });
		response.headers.set(SESSION_HEADER, await ids.issue({ ...session, version: result.protocolVersion }));
		return response;
	}

	/** Opens a session's event stream, or, with Last-Event-ID, sends the rest of a broken one. */
	async function listen(visit: Visit): Promise<Response> {
		const { request, principal } = visit;
		if (!accepts(request, "text/event-stream")) return notAcceptable("text/event-stream");
		const session = await findSession(visit);
		if (session instanceof Response) return session;
		const limited = await visit.refuseBeyondLimit("stream");
		if (limited) return limited;
		const { sessions, streams } = answerer.objectOf(visit);
		const lastEventId = request.headers.get(LAST_EVENT_HEADER) || undefined;
		if (lastEventId !== undefined && !isStandaloneEvent(lastEventId)) {
			const rest = await sessions.resume(session, lastEventId, principal);
			return rest ?? jsonRpcError(400, JSON_RPC.transport, "Bad Request: there is no such event any more");
		}
		const refused = await answerer.prepareStream?.(visit, session, "get");
		if (refused) return refused;
		const version = request.headers.get(VERSION_HEADER) ?? session.version;
		const socket = await openSocket(streams, principal, {
			kind: "get",
			session: session.id,
			...(version !== undefined && { version }),
			...(lastEventId !== undefined && { lastEventId }),
		});
		if (!socket) return sessionNotFound();
		const id = request.headers.get(SESSION_HEADER) ?? "";
		return socketStream(socket, { headers: { [SESSION_HEADER]: id }, expiresAt: principal.expiresAt });
	}

	async function endSession(visit: Visit): Promise<Response> {
		const session = await findSession(visit);
		if (session instanceof Response) return session;
		const wasOpen = await answerer.objectOf(visit).sessions.endSession(session);
		ended.add(session.id);
		return wasOpen ? new Response(null, { status: 204 }) : sessionNotFound();
	}

	/** The session that a request names, if its id was issued to this user and client. */
	async function findSession({ request, ids }: Visit, id: RequestId | null = null): Promise<PlacedSession | Response> {
		const refused = checkVersion(request, id);
		if (refused) return refused;
		const given = request.headers.get(SESSION_HEADER);
		if (given === null) {
			const sentence = `Bad Request: Mcp-Session-Id header is required (HTTP+SSE is at ${answerer.prefix}/sse)`;
			return jsonRpcError(400, JSON_RPC.transport, sentence, { id });
		}
		const session = await ids.read(given);
		return session && !ended.has(session.id) ? session : sessionNotFound(id);
	}

	return streamableHttp;
}

/** Adds the errors for the rest of a batch to a response. */
async function addErrors(response: Response, errors: readonly JSONRPCErrorResponse[]): Promise<Response> {
	if (!response.ok) return response;
	if (!response.body) return Response.json(errors);
	const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
	if (isStream) return beginWith(errors.map((error) => eventOf(error)).join(""), response);
	return Response.json([...errors, ...(await response.json<unknown[]>())]);
}

/** Refuses a request if its version header names no version with sessions. */
function checkVersion(request: Request, id: string | number | null): Response | undefined {
	const version = request.headers.get(VERSION_HEADER);
	if (version === null || SUPPORTED_PROTOCOL_VERSIONS.includes(version)) return undefined;
	const sentence = `Bad Request: Unsupported protocol version: ${shorten(version)} (supported here: ${PROTOCOL_VERSIONS.join(", ")})`;
	return jsonRpcError(400, JSON_RPC.transport, sentence, { id });
}
