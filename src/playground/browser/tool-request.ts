/** The request that calls a tool. In the stateless era it repeats some arguments in headers. */
import type { Client, RequestOptions, Tool } from "@modelcontextprotocol/client";

type Arguments = Readonly<Record<string, unknown>>;
type Headers = Readonly<Record<string, string>>;

/**
 * Calls a tool.
 *
 * Not `callTool` of the SDK, which takes a question for a result without the structured content that the tool promises,
 * and in a browser sends no headers of parameters, as they would need CORS elsewhere.
 */
export function requestTool(
	client: Client,
	tool: Tool,
	params: { readonly arguments: Arguments; readonly [more: string]: unknown },
	options: RequestOptions = {},
) {
	const repeated = client.getProtocolEra() === "modern" ? parameterHeaders(tool.inputSchema, params.arguments) : {};
	return client.request(
		{ method: "tools/call", params: { ...params, name: tool.name } },
		{ ...options, headers: { ...options.headers, ...repeated } },
	);
}

/** The headers of arguments whose schema has an `x-mcp-header` (MCP 2026-07-28, transports). */
function parameterHeaders(schema: unknown, value: unknown): Headers {
	const { properties = {}, "x-mcp-header": name } = Object(schema);
	const nested = Object.entries(properties).map(([key, property]) => parameterHeaders(property, Object(value)[key]));
	const own = typeof name === "string" && isPrimitive(value) ? { [`Mcp-Param-${name}`]: encode(String(value)) } : {};
	return Object.assign(own, ...nested);
}

const isPrimitive = (value: unknown) => ["string", "number", "boolean"].includes(typeof value);

/** What is no plain header value, or looks like an encoded one, is sent as Base64. */
function encode(text: string): string {
	const isPlain = /^[!-~]([\t -~]*[!-~])?$/.test(text) && !/^=\?base64\?.*\?=$/.test(text);
	if (isPlain) return text;
	const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
	return `=?base64?${btoa(bytes.join(""))}?=`;
}
