/**
 * `/stdio/mcp` and `/stdio/sse`, behind a valid token: passes requests on to the bridge that runs the stdio MCP server,
 * in the user's own container or on this computer. What is said there is not looked at.
 */
import { insufficientScope, type OAuthResourceContext } from "@cloudflare/workers-oauth-provider";
import { allowListsOf, readConfig } from "../config.ts";
import { type Grant, permissionsOf } from "../grant.ts";
import { escapeLineEnds } from "../http/line-ends.ts";
import { isLoopbackUrl } from "../loopback.ts";
import { LAST_EVENT_HEADER, SESSION_HEADER } from "../mcp/headers.ts";
import { JSON_RPC, jsonRpcError, sessionNotFound } from "../mcp/json-rpc.ts";
import { issueSessionId, newSession, readSessionId } from "../mcp/session-id.ts";
import { isScope, type Permission } from "../scopes.ts";
import { secretsFor } from "../signing-key.ts";
import { fetchBridge } from "./bridge-fetch.ts";
import { signEndpoint } from "./endpoint-event.ts";

type ResourceContext = OAuthResourceContext<Grant>;

const SESSION_PARAMETER = "sessionId";
/** What the bridge and the child may know of a request; never the bearer token. */
const FORWARDED_HEADERS = [
	"Accept",
	"Content-Type",
	"Mcp-Protocol-Version",
	"Mcp-Method",
	"Mcp-Name",
	LAST_EVENT_HEADER,
];
/** What the client gets of an answer. */
const ANSWERED_HEADERS = ["Content-Type", "Cache-Control", "Allow", "Retry-After"];

export async function serveStdio(request: Request, env: Env, ctx: ResourceContext): Promise<Response> {
	const isLocal = isLoopbackUrl(request.url);
	const permissions = permissionsOf(ctx.props.user, allowListsOf(readConfig(env), isLocal));
	const refused = refuse(permissions, ctx);
	if (refused) return refused;
	const secrets = await secretsFor("session-id", env, isLocal);
	const owner = { userId: ctx.props.user.id, clientId: ctx.auth.clientId ?? "" };
	const sign = (id: string) => issueSessionId(newSession({ id }), "stdio", owner, secrets);

	const url = new URL(request.url);
	const path = pathOf(request);
	const given = request.headers.get(SESSION_HEADER) ?? url.searchParams.get(SESSION_PARAMETER);
	// Within one user's bridge, a session is for the client that opened it.
	const { sessionMaxAgeSeconds } = readConfig(env);
	const known = given === null ? undefined : await readSessionId(given, "stdio", owner, secrets, sessionMaxAgeSeconds);
	if (given !== null && !known) return sessionNotFound();
	const session = known?.id;
	const response = await fetchBridge(env, owner.userId, {
		path:
			path.slice("/stdio".length) + (url.searchParams.has(SESSION_PARAMETER) ? `?${SESSION_PARAMETER}=${session}` : ""),
		method: request.method,
		headers: headersFor(request, permissions, ctx, session),
		body: request.body,
		signal: endOf(request, ctx),
	});
	const headers = new Headers();
	for (const name of ANSWERED_HEADERS) {
		const value = response.headers.get(name);
		if (value !== null) headers.set(name, value);
	}
	const opened = response.headers.get(SESSION_HEADER);
	if (opened !== null) headers.set(SESSION_HEADER, await sign(opened));
	const isSseStream = path === "/stdio/sse" && response.ok && response.body;
	const body = isSseStream ? signEndpoint(isSseStream, sign) : response.body;
	return escapeLineEnds(new Response(body, { status: response.status, headers }));
}

/** The bridge has each endpoint at one address, without a slash at the end. */
function pathOf(request: Request): string {
	return new URL(request.url).pathname.replace(/\/$/, "");
}

/** When the client hangs up; a stream at `/stdio/mcp` also ends with its token, and the client is back with a new one. */
function endOf(request: Request, ctx: ResourceContext): AbortSignal {
	const { expiresAt } = ctx.auth;
	const isListening = request.method === "GET" || request.headers.get("Mcp-Method") === "subscriptions/listen";
	const isStream = isListening && pathOf(request) === "/stdio/mcp";
	if (!isStream || expiresAt === undefined) return request.signal;
	const milliseconds = Math.max(0, expiresAt * 1000 - Date.now());
	return AbortSignal.any([request.signal, AbortSignal.timeout(milliseconds)]);
}

/** A user who may not use the stdio server, or a token that was not granted it. */
function refuse(permissions: readonly Permission[], ctx: ResourceContext): Response | undefined {
	if (!permissions.includes("stdio")) {
		const sentence = `${ctx.props.user.login} may not use the stdio server here. Whoever runs it can add them to STDIO_ALLOWED_USERS.`;
		return jsonRpcError(403, JSON_RPC.transport, sentence);
	}
	if (ctx.auth.scope.includes("stdio")) return undefined;
	return insufficientScope(
		ctx.auth,
		[...ctx.auth.scope.filter(isScope), "stdio"],
		"This needs a scope that was not granted.",
	);
}

function headersFor(
	request: Request,
	permissions: readonly Permission[],
	ctx: ResourceContext,
	session: string | undefined,
): Headers {
	const headers = new Headers();
	for (const [name, value] of request.headers) {
		const isParameter = name.startsWith("mcp-param-");
		if (isParameter || FORWARDED_HEADERS.some((known) => known.toLowerCase() === name)) headers.set(name, value);
	}
	if (session !== undefined && request.headers.has(SESSION_HEADER)) headers.set(SESSION_HEADER, session);
	const { user } = ctx.props;
	const encoded = (text: string) => encodeURIComponent(text.toWellFormed());
	headers.set("X-Mcp-User-Id", encoded(user.id));
	headers.set("X-Mcp-Client-Id", encoded(ctx.auth.clientId ?? ""));
	headers.set("X-Mcp-User-Login", encoded(user.login));
	headers.set("X-Mcp-User-Permissions", encoded(permissions.join(",")));
	headers.set("X-Mcp-Sse-Path", "/stdio/sse/message");
	return headers;
}
