/** `/mcp` and `/sse`, behind a valid token: checks a request, and hands it to its session. */
import { insufficientScope, type OAuthResourceContext } from "@cloudflare/workers-oauth-provider";
import { isInitializeRequest, JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import { currentRequestId } from "../app-env.ts";
import { readConfig } from "../config.ts";
import { isLoopbackUrl } from "../host-policy.ts";
import { isScope } from "../scopes.ts";
import { type Grant, permissionsOf } from "../session.ts";
import { signingKey } from "../signing-key.ts";
import { tools } from "../tools/index.ts";
import { missingScopes } from "../tools/register.ts";
import type { Caller } from "./caller.ts";
import { eventStream } from "./event-stream.ts";
import { JSON_RPC, jsonRpcError, sessionNotFound } from "./json-rpc.ts";
import { calledTools, readMessage } from "./message.ts";
import { SESSION_HEADER, type Session, sessionOf } from "./session.ts";
import { isSessionOwner, issueSessionId } from "./session-id.ts";

/** What the protocol reads; the bearer token stays out of the session. */
const FORWARDED_HEADERS = ["Accept", "Content-Type", "Mcp-Protocol-Version", SESSION_HEADER];

type Context = OAuthResourceContext<Grant>;

/** Streamable HTTP at `/mcp`: POST a message, GET a stream of what belongs to no POST, DELETE the session. */
export async function serveStreamableHttp(request: Request, env: Env, ctx: Context): Promise<Response> {
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

/** HTTP+SSE: GET `/sse` opens a session and its stream, POST `/sse/message` sends it a message. */
export async function serveSse(request: Request, env: Env, ctx: Context): Promise<Response> {
	const isMessage = new URL(request.url).pathname === "/sse/message";
	if (isMessage) return request.method === "POST" ? postToSse(request, env, ctx) : methodNotAllowed("POST");
	return request.method === "GET" ? openSse(request, env, ctx) : methodNotAllowed("GET", "Streamable HTTP is at /mcp");
}

async function post(request: Request, env: Env, ctx: Context): Promise<Response> {
	if (!accepts(request, "application/json") || !accepts(request, "text/event-stream")) {
		const message = "Not Acceptable: Client must accept both application/json and text/event-stream";
		return jsonRpcError(406, JSON_RPC.transport, message);
	}
	const message = await readMessage(request);
	if (message instanceof Response) return message;
	const caller = callerOf(request, env, ctx);
	const stepUp = challengeForScopes(message, caller, ctx);
	if (stepUp) return stepUp;
	const found = await findSession(request, env, ctx, isInitializeRequest(message));
	if (found instanceof Response) return found;
	const headers: Record<string, string> = {};
	for (const name of FORWARDED_HEADERS) {
		const value = request.headers.get(name);
		if (value !== null) headers[name] = value;
	}
	return found.session.post({ url: request.url, headers, message }, caller);
}

async function listen(request: Request, env: Env, ctx: Context): Promise<Response> {
	if (!accepts(request, "text/event-stream")) return mustAcceptEventStream();
	const found = await findSession(request, env, ctx);
	if (found instanceof Response) return found;
	const socket = await openSocket(found.session, request);
	return socket ? eventStream(socket, { [SESSION_HEADER]: found.id }) : sessionNotFound();
}

async function openSse(request: Request, env: Env, ctx: Context): Promise<Response> {
	if (!accepts(request, "text/event-stream") && !accepts(request, "*/*")) return mustAcceptEventStream();
	const id = await issueSessionId("sse", ownerOf(ctx), await signingKey(env, isLoopbackUrl(request.url)));
	const socket = await openSocket(sessionOf(env, "sse", id), request);
	if (!socket) return sessionNotFound();
	return eventStream(socket, {}, `event: endpoint\ndata: /sse/message?sessionId=${id}\n\n`);
}

async function postToSse(request: Request, env: Env, ctx: Context): Promise<Response> {
	const message = await readMessage(request);
	if (message instanceof Response) return message;
	if (!JSONRPCMessageSchema.safeParse(message).success) {
		return jsonRpcError(400, JSON_RPC.invalidRequest, "Invalid Request: the body is not a JSON-RPC message");
	}
	// No challenge for a missing scope: clients of this era take a 403 for a broken server, and the tool says it better.
	const caller = callerOf(request, env, ctx);
	const id = new URL(request.url).searchParams.get("sessionId");
	if (!id) return jsonRpcError(400, JSON_RPC.transport, "Bad Request: the sessionId parameter is required");
	const secret = await signingKey(env, caller.isLocal);
	if (!(await isSessionOwner(id, "sse", ownerOf(ctx), secret))) return sessionNotFound();
	return sessionOf(env, "sse", id).postMessage(message, caller);
}

/** The session a request names, once its id proves to be this user's and client's; a new one where that is allowed. */
async function findSession(
	request: Request,
	env: Env,
	ctx: Context,
	mayStart = false,
): Promise<{ id: string; session: Session } | Response> {
	const secret = await signingKey(env, isLoopbackUrl(request.url));
	const given = request.headers.get(SESSION_HEADER);
	if (given === null && !mayStart) {
		return jsonRpcError(
			400,
			JSON_RPC.transport,
			"Bad Request: Mcp-Session-Id header is required (HTTP+SSE is at /sse)",
		);
	}
	if (given !== null && !(await isSessionOwner(given, "streamable-http", ownerOf(ctx), secret))) {
		return sessionNotFound();
	}
	const id = given ?? (await issueSessionId("streamable-http", ownerOf(ctx), secret));
	return { id, session: sessionOf(env, "streamable-http", id) };
}

async function openSocket(session: Session, request: Request): Promise<WebSocket | null> {
	// Without the query, which the Agent would read as options of its own.
	const { webSocket } = await session.fetch(new URL(request.url).origin, { headers: { Upgrade: "websocket" } });
	return webSocket;
}

function ownerOf(ctx: Context) {
	return { userId: ctx.props.user.id, clientId: ctx.auth.clientId ?? "" };
}

function callerOf(request: Request, env: Env, ctx: Context): Caller {
	const { user, upstream, grantId } = ctx.props;
	return {
		user,
		permissions: permissionsOf(user, readConfig(env).imageGenerationUsers),
		scopes: ctx.auth.scope.filter(isScope),
		upstreamToken: upstream?.accessToken,
		grantId,
		origin: new URL(request.url).origin,
		requestId: currentRequestId(),
		isLocal: isLoopbackUrl(request.url),
	};
}

/** A call of a tool whose scope the user could grant, but did not: the client may ask them for it (RFC 6750 section 3.1). */
function challengeForScopes(message: unknown, caller: Caller, ctx: Context): Response | undefined {
	const missing = missingScopes(tools, calledTools(message), caller);
	if (missing.length === 0) return undefined;
	return insufficientScope(ctx.auth, [...caller.scopes, ...missing], "This tool needs a scope that was not granted.");
}

function accepts(request: Request, mediaType: string): boolean {
	return request.headers.get("Accept")?.includes(mediaType) ?? false;
}

function mustAcceptEventStream(): Response {
	return jsonRpcError(406, JSON_RPC.transport, "Not Acceptable: Client must accept text/event-stream");
}

function methodNotAllowed(allow: string, hint?: string): Response {
	const message = `Method not allowed: this address takes ${allow}${hint ? `. ${hint}` : ""}`;
	return jsonRpcError(405, JSON_RPC.transport, message, { Allow: allow });
}
