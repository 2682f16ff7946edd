/** `/mcp`, behind a valid token: Streamable HTTP. Checks a request, and has it answered where it belongs. */
import { insufficientScope } from "@cloudflare/workers-oauth-provider";
import {
	type InitializeRequest,
	isInitializeRequest,
	isJSONRPCRequest,
	isLegacyRequest,
	type JSONRPCErrorResponse,
	type RequestId,
	SUPPORTED_PROTOCOL_VERSIONS,
} from "@modelcontextprotocol/server";
import type { Principal } from "../auth/principal.ts";
import type { Catalogue } from "../catalogue.ts";
import { logToolCall } from "../tools/call-log.ts";
import { EndedSessions } from "./ended-sessions.ts";
import { beginWith, eventOf } from "./event-stream.ts";
import { type Gated, missingScopes } from "./gate.ts";
import { LAST_EVENT_HEADER, SESSION_HEADER, VERSION_HEADER } from "./headers.ts";
import { answerInWorker, answerPlainCall } from "./in-worker.ts";
import {
	completeError,
	idOf,
	JSON_RPC,
	jsonRpcError,
	methodNotAllowed,
	notAcceptable,
	sessionNotFound,
	shorten,
} from "./json-rpc.ts";
import { readMessage, requestedItems } from "./message.ts";
import { isStandaloneEvent } from "./object/streams.ts";
import { ALREADY_INITIALIZED } from "./object/user-sessions.ts";
import { openSocket } from "./open-socket.ts";
import { checkParams } from "./params.ts";
import { needsPlace } from "./place.ts";
import { type PlainCall, plainCallOf, plainStatelessCallOf } from "./plain-call.ts";
import { PROTOCOL_VERSIONS, STATELESS_VERSION } from "./protocol-versions.ts";
import { asksOf, newSession } from "./session-id.ts";
import { socketStream } from "./socket-stream.ts";
import { answerStatelessCall, createStatelessHandler } from "./stateless.ts";
import { type PlacedSession, userObjectOf } from "./user-object.ts";

import { accepts, type Handler, type ResourceContext, type Visit, visitOf } from "./visit.ts";

/** Those that this isolate saw ended; a user's object knows all of its own. */
const ended = new EndedSessions();

/** The handler of the endpoint, for one catalogue. */
export function createStreamableHttp(catalogue: Catalogue): Handler {
	const serveStateless = createStatelessHandler(catalogue);

	/** POST a message; GET a stream of what belongs to no POST and DELETE the session, where the era has sessions. */
	async function streamableHttp(request: Request, env: Env, ctx: ResourceContext): Promise<Response> {
		if (request.method !== "POST" && request.headers.get(VERSION_HEADER) === STATELESS_VERSION) {
			return methodNotAllowed("POST", `Version ${STATELESS_VERSION} has neither sessions nor GET streams`);
		}
		const visit = visitOf(request, env, ctx, "streamable-http");
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
		const { request, env, ctx, principal } = visit;
		const message = await readMessage(request);
		if (message instanceof Response) return message;
		const id = idOf(message);
		if (!accepts(request, "application/json") || !accepts(request, "text/event-stream")) {
			return notAcceptable("both application/json and text/event-stream", id);
		}
		const isStateless = request.headers.get(VERSION_HEADER) === STATELESS_VERSION;
		const plain = isStateless
			? plainStatelessCallOf(catalogue, message, principal, request.headers)
			: plainCallOf(catalogue, message, principal, "worker");
		if (plain) return isStateless ? answerStatelessCall(plain, request, principal) : answerCall(visit, plain);
		const { fitting, errors } = checkParams(message);
		if (fitting === undefined) return answerErrors(errors, message);
		const items = requestedItems(catalogue, fitting);
		const stepUp = challengeForScopes(items, principal, ctx);
		if (stepUp) {
			const called = catalogue.tools.filter((tool) => items.includes(tool));
			for (const { name } of called) logToolCall(name, principal, "refused", 0);
			return stepUp;
		}
		if (isStateless || !(await isLegacyRequest(request, fitting))) {
			return completeError(await serveStateless(request, fitting, principal), id);
		}
		if (isJSONRPCRequest(fitting) && isInitializeRequest(fitting)) return initialize(visit, fitting);
		const found = await findSession(visit, id);
		if (found instanceof Response) return found;
		const asked = { session: found, message: fitting, principal };
		const response = needsPlace(catalogue, fitting, found)
			? await userObjectOf(env, principal.user.id).post(found, fitting, principal)
			: await answerInWorker(env, catalogue, asked);
		return errors.length === 0 ? response : addErrors(response, errors);
	}

	/** A plain call in a session. */
	async function answerCall(visit: Visit, plain: PlainCall): Promise<Response> {
		const session = await findSession(visit, plain.id);
		return session instanceof Response ? session : answerPlainCall(visit.env, plain, session, visit.principal);
	}

	/** Opens a session: all that is known of it is in the id that the client gets. */
	async function initialize({ request, env, principal, ids }: Visit, message: InitializeRequest): Promise<Response> {
		const id = idOf(message);
		const version = checkVersion(request, id);
		if (version) return version;
		const given = request.headers.get(SESSION_HEADER);
		if (given !== null) {
			const session = await ids.read(given);
			const { code, message } = ALREADY_INITIALIZED;
			return session && !ended.has(session.id) ? jsonRpcError(400, code, message, { id }) : sessionNotFound(id);
		}
		const session = newSession({ asks: asksOf(message.params.capabilities) });
		const response = await answerInWorker(env, catalogue, { session, message, principal });
		const { result } = await response.clone().json<{ result?: { protocolVersion: string } }>();
		if (!result) return new Response(response.body, { status: 400, headers: response.headers });
		response.headers.set(SESSION_HEADER, await ids.issue({ ...session, version: result.protocolVersion }));
		return response;
	}

	return streamableHttp;
}

/** Answers a message, or a batch, of which a server need not see anything. */
function answerErrors(errors: readonly JSONRPCErrorResponse[], message: unknown): Response {
	const [error] = errors;
	if (!error) return new Response(null, { status: 202 });
	if (Array.isArray(message)) return Response.json(errors);
	// A session that cannot be opened is an error of HTTP as well.
	const isInitialize = Object(message).method === "initialize";
	return Response.json(error, { status: isInitialize ? 400 : 200 });
}

/** The answers to the rest of a batch. */
async function addErrors(response: Response, errors: readonly JSONRPCErrorResponse[]): Promise<Response> {
	if (!response.ok) return response;
	if (!response.body) return Response.json(errors);
	const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
	if (isStream) return beginWith(errors.map((error) => eventOf(error)).join(""), response);
	return Response.json([...errors, ...(await response.json<unknown[]>())]);
}

/** A session's event stream: a new one, or with Last-Event-ID the rest of one that broke. */
async function listen(visit: Visit): Promise<Response> {
	const { request, env, principal } = visit;
	if (!accepts(request, "text/event-stream")) return notAcceptable("text/event-stream");
	const session = await findSession(visit);
	if (session instanceof Response) return session;
	const lastEventId = request.headers.get(LAST_EVENT_HEADER) || undefined;
	if (lastEventId !== undefined && !isStandaloneEvent(lastEventId)) {
		const rest = await userObjectOf(env, principal.user.id).resume(session, lastEventId, principal);
		return rest ?? jsonRpcError(400, JSON_RPC.transport, "Bad Request: there is no such event any more");
	}
	const version = request.headers.get(VERSION_HEADER) ?? session.version;
	const socket = await openSocket(env, principal, {
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
	const { env, principal } = visit;
	const wasOpen = await userObjectOf(env, principal.user.id).endSession(session);
	ended.add(session.id);
	return wasOpen ? new Response(null, { status: 204 }) : sessionNotFound();
}

/** Refuses a version header that names none of the versions with sessions. */
function checkVersion(request: Request, id: string | number | null): Response | undefined {
	const version = request.headers.get(VERSION_HEADER);
	if (version === null || SUPPORTED_PROTOCOL_VERSIONS.includes(version)) return undefined;
	const sentence = `Bad Request: Unsupported protocol version: ${shorten(version)} (supported here: ${PROTOCOL_VERSIONS.join(", ")})`;
	return jsonRpcError(400, JSON_RPC.transport, sentence, { id });
}

/** The session a request names, once its id proves to be this user's and client's. */
async function findSession({ request, ids }: Visit, id: RequestId | null = null): Promise<PlacedSession | Response> {
	const refused = checkVersion(request, id);
	if (refused) return refused;
	const given = request.headers.get(SESSION_HEADER);
	if (given === null) {
		const sentence = "Bad Request: Mcp-Session-Id header is required (HTTP+SSE is at /sse)";
		return jsonRpcError(400, JSON_RPC.transport, sentence, { id });
	}
	const session = await ids.read(given);
	return session && !ended.has(session.id) ? session : sessionNotFound(id);
}

/** For something whose scope the user could grant, but did not: the client may ask them for it (RFC 6750 section 3.1). */
function challengeForScopes(items: readonly Gated[], principal: Principal, ctx: ResourceContext): Response | undefined {
	const missing = missingScopes(items, principal);
	if (missing.length === 0) return undefined;
	return insufficientScope(ctx.auth, [...principal.scopes, ...missing], "This needs a scope that was not granted.");
}
