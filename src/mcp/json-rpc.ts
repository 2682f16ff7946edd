/** JSON-RPC errors that are answered over HTTP before a server sees the message. */

import { isJSONRPCRequest, type RequestId } from "@modelcontextprotocol/server";

/** Error codes: JSON-RPC 2.0 section 5.1, and the ones MCP's SDKs use for their transports. */
export const JSON_RPC = {
	parseError: -32700,
	invalidRequest: -32600,
	invalidParams: -32602,
	transport: -32000,
	sessionNotFound: -32001,
} as const;

/** The id of a request, which the answer to it repeats; null for what has none (JSON-RPC 2.0, section 5). */
export function idOf(message: unknown): RequestId | null {
	return isJSONRPCRequest(message) ? message.id : null;
}

export type ErrorOptions = { readonly id?: RequestId | null; readonly headers?: HeadersInit };

export function jsonRpcError(status: number, code: number, message: string, options: ErrorOptions = {}): Response {
	const { id = null, headers } = options;
	return Response.json({ jsonrpc: "2.0", error: { code, message }, id }, { status, ...(headers && { headers }) });
}

/** One answer for an id that was never issued, was issued to someone else, or has ended (MCP transports, session management). */
export function sessionNotFound(id: RequestId | null = null): Response {
	return jsonRpcError(404, JSON_RPC.sessionNotFound, "Session not found", { id });
}

export function tooManyCalls(message: unknown): Response {
	const sentence = "Too many calls of this session wait for their answers. Wait for some, or cancel them.";
	return jsonRpcError(429, JSON_RPC.transport, sentence, { id: idOf(message) });
}

export function mustAcceptEventStream(): Response {
	return jsonRpcError(406, JSON_RPC.transport, "Not Acceptable: Client must accept text/event-stream");
}

export function methodNotAllowed(allow: string, hint?: string): Response {
	const message = `Method not allowed: this address takes ${allow}${hint ? `. ${hint}` : ""}`;
	return jsonRpcError(405, JSON_RPC.transport, message, { headers: { Allow: allow } });
}
