/** The Worker under test, as the clients of tests in workerd reach it. */
import { createExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import worker, { server } from "#under-test";
import { type ApiKey, makeKey, recordName } from "../../src/auth/api-key.ts";
import type { Catalogue } from "../../src/mcp/definition.ts";
import { checkNames } from "./names.ts";
import { OAuthClient, type SignInOptions, type Tokens } from "./oauth-client.ts";
import { type Fetch, Person } from "./person.ts";
import { type Incoming, readMessages } from "./wire.ts";

/** A server on somebody's own computer. */
export const LOCAL = "http://localhost:8788";
/** A deployed server. */
export const DEPLOYED = "https://mcp.example.com";

/** What a deployed server has beside the settings of the tests: a way to sign in. */
const DEPLOYED_SETTINGS = { GITHUB_CLIENT_ID: "deployed", GITHUB_CLIENT_SECRET: "deployed secret" };
const deployed = { ...env, ...DEPLOYED_SETTINGS };

export function settingsAt(url: string): Partial<typeof DEPLOYED_SETTINGS> {
	return url.startsWith(DEPLOYED) ? DEPLOYED_SETTINGS : {};
}

/** The Worker as it is bound; a deployed one that is bound without an identity provider gets one. */
export const fetchWorker: Fetch = async (url, init) => {
	const request = new Request(url, init);
	if (!url.startsWith(DEPLOYED) || env.GITHUB_CLIENT_ID) return exports.default.fetch(request);
	return worker.fetch(request, deployed, createExecutionContext());
};

export const person = () => new Person(fetchWorker);
export const oauthClient = (origin = LOCAL) => new OAuthClient(fetchWorker, origin);

/** How clients come to be let in. */
export const { way } = server.signIn.describe(env, LOCAL);

/** What lets a client in: a token of the authorization server, an API key, or nothing. */
export async function signIn(options?: SignInOptions): Promise<Tokens & { client_id: string }> {
	const nothing = { access_token: "", expires_in: 0, scope: "", resource: "", client_id: "" };
	if (way === "none") return nothing;
	if (way === "api-key") {
		const { permissions = [], scopes } = options ?? {};
		return { ...nothing, access_token: await storeKey({ permissions, ...(Array.isArray(scopes) && { scopes }) }) };
	}
	return oauthClient().signIn(options);
}

/** Makes an API key, and stores it as `npm run keys` does. */
export async function storeKey(record: Partial<ApiKey> = {}): Promise<string> {
	const key = makeKey();
	const id = crypto.randomUUID().replaceAll("-", "").slice(0, 12);
	const stored: ApiKey = { id, name: "test", permissions: [], createdAt: Math.floor(Date.now() / 1000), ...record };
	await env.OAUTH_KV.put(await recordName(key), JSON.stringify(stored));
	return key;
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
	/** What it offers, if that is not what the product does. */
	catalogue?: Catalogue;
};

/**
 * One HTTP request to an MCP endpoint, with the headers a client sends.
 *
 * @throws Error if it asks for a tool, a prompt or a resource that does not exist
 */
export function mcp(message: unknown, options: McpOptions = {}): Promise<Response> {
	const { token, session, method = "POST", path = "/mcp", origin = LOCAL, via = fetchWorker } = options;
	// What is behind /stdio has names of its own.
	if (!path.startsWith("/stdio/")) checkNames(message, options.catalogue);
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
export async function openSession(token: string, origin = LOCAL, capabilities: Message = {}): Promise<string> {
	const initialize = { ...INITIALIZE, params: { ...INITIALIZE.params, capabilities } };
	const response = await mcp(initialize, { token, origin });
	await response.text();
	const session = response.headers.get("Mcp-Session-Id");
	if (!session) throw new Error(`No session: ${response.status}`);
	return session;
}

export type ToolAnswer = {
	isError?: boolean;
	content: { type: string; text?: string; data?: string; mimeType?: string }[];
	structuredContent?: Message;
};

/** What a session answers to one request, after whatever it has to tell before. */
export async function ask(message: Message, options: McpOptions): Promise<Incoming> {
	const response = await mcp(message, options);
	const answer = (await readMessages(response)).find(({ id, method }) => id === message.id && method === undefined);
	if (!answer) throw new Error(`No answer, status ${response.status}`);
	return answer;
}

/** What a tool answers in a session. */
export async function askTool(name: string, args: Message, options: McpOptions): Promise<ToolAnswer> {
	const { result } = await ask(callTool(name, args), options);
	return result as unknown as ToolAnswer;
}
