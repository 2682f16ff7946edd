/** JSON-RPC errors that are answered over HTTP before a server sees the message. */

/** Error codes: JSON-RPC 2.0 section 5.1, and the ones MCP's SDKs use for their transports. */
export const JSON_RPC = {
	parseError: -32700,
	invalidRequest: -32600,
	transport: -32000,
	sessionNotFound: -32001,
} as const;

export function jsonRpcError(status: number, code: number, message: string, headers?: HeadersInit): Response {
	return Response.json({ jsonrpc: "2.0", error: { code, message }, id: null }, { status, ...(headers && { headers }) });
}

/** One answer for an id that was never issued, was issued to someone else, or has ended (MCP transports, session management). */
export function sessionNotFound(): Response {
	return jsonRpcError(404, JSON_RPC.sessionNotFound, "Session not found");
}
