/** `/mcp` and `/sse`, behind a valid token: checks a request, and hands it to its session. */
import { insufficientScope, type OAuthResourceContext } from "@cloudflare/workers-oauth-provider";
import {
	isInitializeRequest,
	isJSONRPCRequest,
	isLegacyRequest,
	parseJSONRPCMessage,
	SUPPORTED_PROTOCOL_VERSIONS,
} from "@modelcontextprotocol/server";
import { currentRequestId } from "../app-env.ts";
import type { Catalogue } from "../catalogue.ts";
import { allowListsOf, readConfig } from "../config.ts";
import { logError } from "../errors.ts";
import { isLoopbackUrl } from "../loopback.ts";
import { isScope } from "../scopes.ts";
import { type Grant, permissionsOf } from "../session.ts";
import { signingKey } from "../signing-key.ts";
import type { Caller } from "./caller.ts";
import { eventStream } from "./event-stream.ts";
import { type Gated, missingScopes } from "./gate.ts";
import { idOf, JSON_RPC, jsonRpcError, methodNotAllowed, mustAcceptEventStream, sessionNotFound } from "./json-rpc.ts";
import { readMessage, requestedItems } from "./message.ts";
import { LAST_EVENT_HEADER, SESSION_HEADER, type Session, sessionName, sessionOf } from "./session.ts";
import { isSessionOwner, issueSessionId } from "./session-id.ts";
import { createStatelessHandler } from "./stateless.ts";

/** What the protocol reads; the bearer token stays out of the session. */
const FORWARDED_HEADERS = ["Accept", "Content-Type", "Mcp-Protocol-Version", SESSION_HEADER, LAST_EVENT_HEADER];

type ResourceContext = OAuthResourceContext<Grant>;
type Handler = (request: Request, env: Env, ctx: ResourceContext) => Promise<Response>;

/** The handlers of the two endpoints, for one catalogue. */
export function createEndpoints(catalogue: Catalogue): { streamableHttp: Handler; sse: Handler } {
	const serveStateless = createStatelessHandler(catalogue);

	/** POST a message; GET a stream of what belongs to no POST and DELETE the session, where the era has sessions. */
	async function streamableHttp(request: Request, env: Env, ctx: ResourceContext): Promise<Response> {
		switch (request.method) {
			case "POST":
				return post(request, env, ctx);
			case "GET":
				return listen(request, env, ctx);
			case "DELETE": {
				const found = await findSession(request, env, ctx);
				return found instanceof Response ? found : found.session.terminate();
			}
			default:
				return methodNotAllowed("GET, POST, DELETE");
		}
	}

	async function post(request: Request, env: Env, ctx: ResourceContext): Promise<Response> {
		const message = await readMessage(request);
		if (message instanceof Response) return message;
		const caller = callerOf(request, env, ctx);
		const stepUp = challengeForScopes(requestedItems(catalogue, message), caller, ctx);
		if (stepUp) return stepUp;
		if (!(await isLegacyRequest(request, message))) return serveStateless(request, message, caller);
		if (!accepts(request, "application/json") || !accepts(request, "text/event-stream")) {
			const sentence = "Not Acceptable: Client must accept both application/json and text/event-stream";
			return jsonRpcError(406, JSON_RPC.transport, sentence, { id: idOf(message) });
		}
		const found = await findSession(request, env, ctx, message);
		if (found instanceof Response) return found;
		return found.session.post({ url: request.url, headers: forwardedHeaders(request), message }, caller);
	}

	return { streamableHttp, sse: serveSse };
}

/** HTTP+SSE: GET `/sse` opens a session and its stream, POST `/sse/message` sends it a message. */
async function serveSse(request: Request, env: Env, ctx: ResourceContext): Promise<Response> {
	const isMessage = new URL(request.url).pathname === "/sse/message";
	if (isMessage) return request.method === "POST" ? postToSse(request, env, ctx) : methodNotAllowed("POST");
	return request.method === "GET" ? openSse(request, env, ctx) : methodNotAllowed("GET", "Streamable HTTP is at /mcp");
}

/** A session's event stream: a new one, or with Last-Event-ID the rest of one that broke. */
async function listen(request: Request, env: Env, ctx: ResourceContext): Promise<Response> {
	if (!accepts(request, "text/event-stream")) return mustAcceptEventStream();
	const found = await findSession(request, env, ctx);
	if (found instanceof Response) return found;
	const { id, session } = found;
	if (request.headers.get(LAST_EVENT_HEADER)) {
		const rest = await session.resume({ url: request.url, headers: forwardedHeaders(request) });
		if (rest) return rest;
	}
	const socket = await openSocket(session, request);
	if (!socket) return sessionNotFound();
	registerStream(env, ctx, sessionName("streamable-http", id));
	return eventStream(socket, { headers: { [SESSION_HEADER]: id }, expiresAt: ctx.auth.expiresAt });
}

async function openSse(request: Request, env: Env, ctx: ResourceContext): Promise<Response> {
	if (!accepts(request, "text/event-stream") && !accepts(request, "*/*")) return mustAcceptEventStream();
	const id = await issueSessionId("sse", ownerOf(ctx), await signingKey(env, isLoopbackUrl(request.url)));
	const socket = await openSocket(sessionOf(env, "sse", id), request);
	if (!socket) return sessionNotFound();
	registerStream(env, ctx, sessionName("sse", id));
	return eventStream(socket, { opening: `event: endpoint\ndata: /sse/message?sessionId=${id}\n\n` });
}

async function postToSse(request: Request, env: Env, ctx: ResourceContext): Promise<Response> {
	const message = await readMessage(request);
	if (message instanceof Response) return message;
	try {
		parseJSONRPCMessage(message);
	} catch {
		return jsonRpcError(400, JSON_RPC.invalidRequest, "Invalid Request: the body is not a JSON-RPC message");
	}
	// No challenge for a missing scope: clients of this era take a 403 for a broken server, and the tool says it better.
	const caller = callerOf(request, env, ctx);
	const id = new URL(request.url).searchParams.get("sessionId");
	const requestId = idOf(message);
	if (!id) {
		const sentence = "Bad Request: the sessionId parameter is required";
		return jsonRpcError(400, JSON_RPC.transport, sentence, { id: requestId });
	}
	const secret = await signingKey(env, caller.isLocal);
	if (!(await isSessionOwner(id, "sse", ownerOf(ctx), secret))) return sessionNotFound(requestId);
	return sessionOf(env, "sse", id).postMessage(message, caller);
}

/** The session a request names, once its id proves to be this user's and client's; a new one where that is allowed. */
async function findSession(
	request: Request,
	env: Env,
	ctx: ResourceContext,
	message?: unknown,
): Promise<{ id: string; session: Session } | Response> {
	const requestId = idOf(message);
	const version = request.headers.get("Mcp-Protocol-Version");
	if (version !== null && !SUPPORTED_PROTOCOL_VERSIONS.includes(version)) {
		const sentence = `Bad Request: Unsupported protocol version: ${version} (supported here: ${SUPPORTED_PROTOCOL_VERSIONS.join(", ")})`;
		return jsonRpcError(400, JSON_RPC.transport, sentence, { id: requestId });
	}
	const secret = await signingKey(env, isLoopbackUrl(request.url));
	const given = request.headers.get(SESSION_HEADER);
	if (given === null && !(isJSONRPCRequest(message) && isInitializeRequest(message))) {
		const sentence = "Bad Request: Mcp-Session-Id header is required (HTTP+SSE is at /sse)";
		return jsonRpcError(400, JSON_RPC.transport, sentence, { id: requestId });
	}
	if (given !== null && !(await isSessionOwner(given, "streamable-http", ownerOf(ctx), secret))) {
		return sessionNotFound(requestId);
	}
	const id = given ?? (await issueSessionId("streamable-http", ownerOf(ctx), secret));
	return { id, session: sessionOf(env, "streamable-http", id) };
}

async function openSocket(session: Session, request: Request): Promise<WebSocket | null> {
	// Without the query, which the Agent would read as options of its own.
	const headers = { ...forwardedHeaders(request), Upgrade: "websocket" };
	const { webSocket } = await session.fetch(new URL(request.url).origin, { headers });
	return webSocket;
}

/** Has the user's object tell this session when something changes. The client need not wait for that. */
function registerStream(env: Env, ctx: ResourceContext, name: string): void {
	const requestId = currentRequestId();
	const registered = env.USER_OBJECT.getByName(ctx.props.user.id).addStream(name);
	ctx.waitUntil(registered.catch((error) => logError("stream_not_registered", error, requestId)));
}

function forwardedHeaders(request: Request): Record<string, string> {
	const found = FORWARDED_HEADERS.map((name) => [name, request.headers.get(name)] as const);
	return Object.fromEntries(found.filter((entry): entry is [string, string] => entry[1] !== null));
}

function ownerOf(ctx: ResourceContext) {
	return { userId: ctx.props.user.id, clientId: ctx.auth.clientId ?? "" };
}

function callerOf(request: Request, env: Env, ctx: ResourceContext): Caller {
	const { user, upstream, grantId } = ctx.props;
	return {
		user,
		permissions: permissionsOf(user, allowListsOf(readConfig(env), isLoopbackUrl(request.url))),
		scopes: ctx.auth.scope.filter(isScope),
		upstreamToken: upstream?.accessToken,
		grantId,
		origin: new URL(request.url).origin,
		requestId: currentRequestId(),
		isLocal: isLoopbackUrl(request.url),
	};
}

/** For something whose scope the user could grant, but did not: the client may ask them for it (RFC 6750 section 3.1). */
function challengeForScopes(items: readonly Gated[], caller: Caller, ctx: ResourceContext): Response | undefined {
	const missing = missingScopes(items, caller);
	if (missing.length === 0) return undefined;
	return insufficientScope(ctx.auth, [...caller.scopes, ...missing], "This needs a scope that was not granted.");
}

function accepts(request: Request, mediaType: string): boolean {
	return request.headers.get("Accept")?.includes(mediaType) ?? false;
}
