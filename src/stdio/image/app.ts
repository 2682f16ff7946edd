/** What the bridge answers, path by path. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { isLegacyRequest } from "@modelcontextprotocol/server";
import { JSON_RPC, jsonRpcError } from "./answers.ts";
import { type Caller, callerOf } from "./caller.ts";
import { log, messageOf } from "./log.ts";
import { readBody, sendResponse, toRequest } from "./node-http.ts";
import type { Sessions } from "./sessions.ts";
import { SseRoute } from "./sse.ts";
import { StatelessRoute } from "./stateless.ts";
import { StreamableRoute } from "./streamable.ts";

const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** @param isAllowedHost whether a request may say that it was sent to this host */
export function createApp(sessions: Sessions, isAllowedHost: (host: string) => boolean): RequestListener {
	const streamable = new StreamableRoute(sessions);
	const stateless = new StatelessRoute(sessions);
	const sse = new SseRoute(sessions);

	async function route(req: IncomingMessage, res: ServerResponse): Promise<void> {
		const request = toRequest(req, res);
		const { pathname } = new URL(request.url);
		if (!isAllowedHost(req.headers.host ?? "")) return sendResponse(new Response(null, { status: 403 }), res);
		if (pathname === "/health") return sendResponse(new Response("ok\n"), res);
		const caller = callerOf(request.headers);
		if (!caller) return sendResponse(jsonRpcError(400, JSON_RPC.transport, "Nobody says who is calling"), res);
		switch (`${request.method} ${pathname}`) {
			case "GET /mcp":
			case "DELETE /mcp":
				return answer(request, undefined, caller, res);
			case "POST /mcp":
				return withBody(req, res, (body) => answer(request, body, caller, res));
			case "GET /sse":
				return sse.open(req, res, caller);
			case "POST /sse/message":
				return withBody(req, res, (body) => sse.post(req, res, body, caller));
			default:
				return sendResponse(new Response(null, { status: /^\/(mcp|sse)$/.test(pathname) ? 405 : 404 }), res);
		}
	}

	async function answer(request: Request, body: unknown, caller: Caller, res: ServerResponse): Promise<void> {
		const isLegacy = request.method !== "POST" || (await isLegacyRequest(request, body));
		const { response, onsent } = await (isLegacy ? streamable : stateless).handle(request, body, caller);
		try {
			await sendResponse(response, res);
		} finally {
			onsent?.();
		}
	}

	return (req, res) => {
		route(req, res).catch((error) => {
			log("bridge_error", { method: req.method, message: messageOf(error) });
			if (!res.headersSent) res.writeHead(500);
			res.end();
		});
	};
}

/** Calls with the parsed body of a request, or answers what is wrong with it. */
async function withBody(
	req: IncomingMessage,
	res: ServerResponse,
	use: (body: unknown) => Promise<void>,
): Promise<void> {
	const text = await readBody(req, MAX_BODY_BYTES);
	if (text === undefined) return sendResponse(jsonRpcError(413, JSON_RPC.transport, "The message is too large"), res);
	let body: unknown;
	try {
		body = JSON.parse(text);
	} catch {
		return sendResponse(jsonRpcError(400, JSON_RPC.parseError, "Parse error: this is no JSON"), res);
	}
	await use(body);
}
