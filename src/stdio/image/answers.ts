/** JSON-RPC errors that are answered over HTTP before a child sees the message. */

/** Error codes: JSON-RPC 2.0 section 5.1, and the ones MCP's SDKs use for their transports. */
export const JSON_RPC = {
	parseError: -32700,
	invalidParams: -32602,
	internalError: -32603,
	transport: -32000,
	sessionNotFound: -32001,
} as const;

export function jsonRpcError(status: number, code: number, message: string, headers: HeadersInit = {}): Response {
	return Response.json({ jsonrpc: "2.0", error: { code, message }, id: null }, { status, headers });
}

/** One answer for an id that was never issued, was issued to somebody else, or has ended. */
export function sessionNotFound(): Response {
	return jsonRpcError(404, JSON_RPC.sessionNotFound, "Session not found");
}

export function tooManySessions(): Response {
	const message = "Too many sessions are open on this server. Close one, or try again later.";
	return jsonRpcError(503, JSON_RPC.transport, message, { "Retry-After": "60" });
}
