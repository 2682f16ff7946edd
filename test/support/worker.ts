/** The Worker under test, as the clients of tests in workerd reach it. */
import { exports } from "cloudflare:workers";
import { OAuthClient, type SignInOptions, type Tokens } from "./oauth-client.ts";
import { type Fetch, Person } from "./person.ts";

/** A server on somebody's own computer. */
export const LOCAL = "http://localhost:8788";
/** A deployed server. */
export const DEPLOYED = "https://mcp.example.com";

export const fetchWorker: Fetch = (url, init) => exports.default.fetch(new Request(url, init));

export const person = () => new Person(fetchWorker);
export const oauthClient = (origin = LOCAL) => new OAuthClient(fetchWorker, origin);

export function signIn(options?: SignInOptions): Promise<Tokens & { client_id: string }> {
	return oauthClient().signIn(options);
}

type Message = Record<string, unknown>;

export const INITIALIZE = {
	jsonrpc: "2.0",
	id: 0,
	method: "initialize",
	params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};

export type McpOptions = {
	token?: string | undefined;
	session?: string | undefined;
	method?: string;
	path?: string;
	headers?: Record<string, string>;
	origin?: string;
	body?: string;
	/** A Worker with other settings. */
	via?: Fetch;
};

/** One HTTP request to an MCP endpoint, with the headers a client sends. */
export function mcp(message: unknown, options: McpOptions = {}): Promise<Response> {
	const { token, session, method = "POST", path = "/mcp", origin = LOCAL, via = fetchWorker } = options;
	const headers = new Headers({ Accept: "application/json, text/event-stream", Host: new URL(origin).host });
	if (method === "POST") headers.set("Content-Type", "application/json");
	if (token) headers.set("Authorization", `Bearer ${token}`);
	if (session) headers.set("Mcp-Session-Id", session);
	for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value);
	const body = options.body ?? (method === "POST" ? JSON.stringify(message) : undefined);
	return via(origin + path, {
		method,
		headers,
		...(body !== undefined && { body }),
	});
}

export function callTool(name: string, args: Message = {}, id: number | string = 1): Message {
	return { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } };
}

export const LIST_TOOLS = { jsonrpc: "2.0", id: 1, method: "tools/list" };

/** The id of a new session at `/mcp`. */
export async function openSession(token: string, origin = LOCAL): Promise<string> {
	const response = await mcp(INITIALIZE, { token, origin });
	await response.text();
	const session = response.headers.get("Mcp-Session-Id");
	if (!session) throw new Error(`No session: ${response.status}`);
	return session;
}

/** The JSON-RPC messages of an event stream that ends. */
export async function readMessages(response: Response): Promise<Message[]> {
	const text = await response.text();
	return [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? ""));
}

export type ToolAnswer = {
	isError?: boolean;
	content: { type: string; text?: string; data?: string; mimeType?: string }[];
	structuredContent?: Message;
};

/** What a session answers to one request. */
export async function ask(message: Message, options: McpOptions): Promise<Message> {
	const response = await mcp(message, options);
	const [answer] = await readMessages(response);
	if (!answer) throw new Error(`No answer, status ${response.status}`);
	return answer;
}

/** What a tool answers in a session. */
export async function askTool(name: string, args: Message, options: McpOptions): Promise<ToolAnswer> {
	const { result } = (await ask(callTool(name, args), options)) as { result: ToolAnswer };
	return result;
}
