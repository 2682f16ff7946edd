/** JSON-RPC errors that are sent over HTTP before a message reaches an MCP server. */
import { isJsonContentType, type RequestId } from "@modelcontextprotocol/server";

/** Error codes: JSON-RPC 2.0 section 5.1, and those that the MCP SDKs use for their transports. */
export const JSON_RPC = {
	parseError: -32700,
	invalidRequest: -32600,
	invalidParams: -32602,
	transport: -32000,
	sessionNotFound: -32001,
} as const;

/** The limit exists because each response repeats the id, and is stored with it. */
export const MAX_ID_LENGTH = 256;

/**
 * The id of a request, which its response repeats, even if the rest of the request is not valid. It is null for a
 * message without an id, and for a response, whose id the server chose (JSON-RPC 2.0, section 5).
 */
export function idOf(message: unknown): RequestId | null {
	if (typeof message !== "object" || message === null) return null;
	if (!("method" in message) && ("result" in message || "error" in message)) return null;
	const id = "id" in message ? message.id : null;
	if (typeof id === "number") return id;
	return typeof id === "string" && id.length <= MAX_ID_LENGTH ? id : null;
}

export type ErrorOptions = { readonly id?: RequestId | null; readonly headers?: HeadersInit };

export function jsonRpcError(status: number, code: number, message: string, options: ErrorOptions = {}): Response {
	const { id = null, headers } = options;
	return Response.json({ jsonrpc: "2.0", error: { code, message }, id }, { status, ...(headers && { headers }) });
}

/** The maximum length of a text that an error repeats. */
const MAX_REPEATED_LENGTH = 300;

/** Adds the request's id to an error of the SDK, and shortens long texts in it. */
export async function completeError(response: Response, id: RequestId | null): Promise<Response> {
	if (response.ok || !isJsonContentType(response.headers.get("Content-Type"))) return response;
	const body = await response.json<{ id?: RequestId | null }>();
	const text = JSON.stringify({ ...body, id: body.id ?? id }, (_key, value) =>
		typeof value === "string" ? shorten(value) : value,
	);
	const headers = new Headers(response.headers);
	headers.delete("Content-Length");
	return new Response(text, { status: response.status, headers });
}

export function shorten(text: string): string {
	return text.length > MAX_REPEATED_LENGTH ? `${text.slice(0, MAX_REPEATED_LENGTH - 1)}…` : text;
}

/** The response for a session id that was never issued, is another user's, or has ended (MCP, session management). */
export function sessionNotFound(id: RequestId | null = null): Response {
	return jsonRpcError(404, JSON_RPC.sessionNotFound, "Session not found", { id });
}

export function notAcceptable(mediaTypes: string, id: RequestId | null = null): Response {
	return jsonRpcError(406, JSON_RPC.transport, `Not Acceptable: Client must accept ${mediaTypes}`, { id });
}

export function methodNotAllowed(allow: string, hint?: string): Response {
	const message = `Method not allowed: this address takes ${allow}${hint ? `. ${hint}` : ""}`;
	return jsonRpcError(405, JSON_RPC.transport, message, { headers: { Allow: allow } });
}
