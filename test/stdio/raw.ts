/** Requests to the bridge as the Worker sends them, without a client in between. */

export type Message = { id?: unknown; method?: string; params?: unknown; result?: unknown; error?: unknown };

export const INITIALIZE = {
	jsonrpc: "2.0",
	id: 0,
	method: "initialize",
	params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
};

/** What the Worker says about a caller. */
export function callerHeaders(userId: string, login = "", permissions: readonly string[] = []): Record<string, string> {
	return {
		"X-Mcp-User-Id": encodeURIComponent(userId),
		"X-Mcp-User-Login": encodeURIComponent(login),
		"X-Mcp-User-Permissions": encodeURIComponent(permissions.join(",")),
	};
}

export type RawOptions = {
	user?: string;
	session?: string;
	method?: string;
	headers?: Record<string, string>;
	signal?: AbortSignal;
};

export function send(origin: string, body: unknown, options: RawOptions = {}): Promise<Response> {
	const { user = "raw", session, method = "POST", headers = {}, signal } = options;
	return fetch(`${origin}/mcp`, {
		method,
		headers: {
			Accept: "application/json, text/event-stream",
			"Content-Type": "application/json",
			...callerHeaders(user),
			...(session && { "Mcp-Session-Id": session }),
			...headers,
		},
		...(signal && { signal }),
		...(body !== undefined && { body: JSON.stringify(body) }),
	});
}

/** @returns the messages of a stream, up to its end */
export async function messagesOf(response: Response): Promise<Message[]> {
	return parseEvents(await response.text());
}

/** Reads a stream until it has brought so many messages, and hangs up. */
export async function firstMessages(response: Response, count: number): Promise<Message[]> {
	let text = "";
	if (!response.body) throw new Error("The answer has no body");
	for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
		text += chunk;
		if (text.endsWith("\n\n") && parseEvents(text).length >= count) break;
	}
	return parseEvents(text);
}

function parseEvents(text: string): Message[] {
	const lines = text.split("\n").filter((line) => line.startsWith("data: {"));
	return lines.map((line): Message => JSON.parse(line.slice("data: ".length)));
}

/** Opens a session. @returns its id, once the child has answered */
export async function openSession(origin: string, user = "raw"): Promise<string> {
	const response = await send(origin, INITIALIZE, { user });
	const session = response.headers.get("Mcp-Session-Id");
	await response.text();
	if (!session) throw new Error(`No session was opened: ${response.status}`);
	await send(origin, { jsonrpc: "2.0", method: "notifications/initialized" }, { user, session });
	return session;
}

export function toolCall(id: number, name: string, args: object = {}, progressToken?: string) {
	const _meta = progressToken === undefined ? {} : { _meta: { progressToken } };
	return { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args, ..._meta } };
}
