/** Calls of `wait` with nothing but `fetch`, in both eras of the protocol. */
import { EventReader } from "../support/sse.ts";

type Message = Record<string, unknown>;

export type RawCall = { hangUp(): void };

export type RawOptions = {
	readonly origin: string;
	readonly token: string;
	/** What the test calls this call. */
	readonly name: string;
	/** Whether the server writes to the stream all the time. */
	readonly isTalkative?: boolean;
};

const CLIENT_INFO = { name: "raw", version: "1.0.0" };

/** MCP 2026-07-28: the call says itself what a session would have known. */
export async function waitWithoutSession(options: RawOptions): Promise<RawCall> {
	const version = "2026-07-28";
	const meta = {
		"io.modelcontextprotocol/protocolVersion": version,
		"io.modelcontextprotocol/clientInfo": CLIENT_INFO,
		"io.modelcontextprotocol/clientCapabilities": {},
	};
	const headers = { "Mcp-Protocol-Version": version, "Mcp-Method": "tools/call", "Mcp-Name": "wait" };
	return startWaiting(options, headers, meta);
}

/** MCP 2025-11-25. */
export async function waitInSession(options: RawOptions): Promise<RawCall> {
	const version = "2025-11-25";
	const params = { protocolVersion: version, capabilities: {}, clientInfo: CLIENT_INFO };
	const opened = await post(options, { id: 0, method: "initialize", params }, {});
	await opened.text();
	const headers = {
		"Mcp-Protocol-Version": version,
		"Mcp-Session-Id": opened.headers.get("Mcp-Session-Id") ?? "",
	};
	return startWaiting(options, headers, {});
}

/** Returns once the server has reported progress on the call's own stream. */
async function startWaiting(options: RawOptions, headers: Record<string, string>, meta: Message): Promise<RawCall> {
	const { name, isTalkative = false } = options;
	const params = { name: "wait", arguments: { name, isTalkative }, _meta: { ...meta, progressToken: "so-far" } };
	const controller = new AbortController();
	const response = await post(options, { id: 1, method: "tools/call", params }, headers, controller.signal);
	const events = new EventReader(response);
	let event = await events.next();
	while (event?.data === "") event = await events.next();
	if (!event?.data.includes("notifications/progress")) throw new Error(`No progress, but ${event?.data}`);
	return { hangUp: () => controller.abort() };
}

function post(
	{ origin, token }: RawOptions,
	message: Message,
	headers: Record<string, string>,
	signal: AbortSignal | null = null,
): Promise<Response> {
	return fetch(`${origin}/mcp`, {
		method: "POST",
		headers: {
			Accept: "application/json, text/event-stream",
			"Content-Type": "application/json",
			Authorization: `Bearer ${token}`,
			...headers,
		},
		body: JSON.stringify({ jsonrpc: "2.0", ...message }),
		signal,
	});
}
