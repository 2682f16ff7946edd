/** A client for each era of the protocol: asked the same, they answer in the same form, so that answers compare. */

import { EventReader } from "./sse.ts";
import { stateless } from "./stateless.ts";
import {
	type Answer,
	answerOf,
	challengeOf,
	type Incoming,
	type Message,
	messagesOf,
	nextMessage,
	readAnswer,
} from "./wire.ts";
import { LOCAL, type McpOptions, mcp } from "./worker.ts";

export const ERAS = ["2024-11-05 at /sse", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"] as const;
export type Era = (typeof ERAS)[number];

export type Elicited = { action: "accept"; content: Message } | { action: "decline" | "cancel" };

export type EraOptions = {
	/** Good for `/mcp` and `/sse`: a sign-in with `resource: null`. */
	token: string;
	origin?: string;
	capabilities?: Message;
	/** Answers what the server asks the user. */
	onElicit?: (params: Message) => Elicited;
};

export type EraClient = {
	request(method: string, params?: Message): Promise<Answer>;
	/** Posts what is no valid request perhaps, and waits for the answer with its id. */
	ask(message: Message): Promise<Incoming>;
	close(): Promise<void>;
};

const CLIENT_INFO = { name: "test", version: "1" };

/** Connects as a client of an era does. */
export function openEra(era: Era, options: EraOptions): Promise<EraClient> {
	if (era === "2024-11-05 at /sse") return openSse("2024-11-05", options);
	if (era === "2026-07-28") return Promise.resolve(openStateless(options));
	return openSession(era, options);
}

function elicit({ onElicit }: EraOptions, { method, params = {} }: Incoming): Elicited {
	if (method !== "elicitation/create" || !onElicit) throw new Error(`Nobody answers ${method}`);
	// Only a request of its own has a token for its progress.
	const { _meta, ...question } = params;
	return onElicit(question);
}

function initialize(protocolVersion: string, capabilities: Message = {}): Message {
	const params = { protocolVersion, capabilities, clientInfo: CLIENT_INFO };
	return { jsonrpc: "2.0", id: 0, method: "initialize", params };
}

function expectVersion({ result, error }: Incoming, version: string): void {
	const agreed = result?.protocolVersion;
	if (agreed !== version) throw new Error(`Asked for ${version}, got ${agreed ?? error?.message}`);
}

const INITIALIZED = { jsonrpc: "2.0", method: "notifications/initialized" };

/** HTTP+SSE: every answer comes on the one stream. */
async function openSse(version: string, options: EraOptions): Promise<EraClient> {
	const { token, origin = LOCAL, capabilities } = options;
	const events = new EventReader(await mcp(null, { method: "GET", path: "/sse", token, origin }));
	const path = (await events.next())?.data ?? "";
	let lastId = 0;
	const post = async (message: Message): Promise<void> => {
		const response = await mcp(message, { path, token, origin });
		if (response.status !== 202) throw new Error(`Status ${response.status}: ${await response.text()}`);
	};
	const read = (id: unknown) =>
		readAnswer(
			() => nextMessage(events),
			id,
			(asked) => post({ jsonrpc: "2.0", id: asked.id, result: elicit(options, asked) }),
		);
	await post(initialize(version, capabilities));
	expectVersion(await read(0), version);
	await post(INITIALIZED);
	const ask = async (message: Message) => {
		await post(message);
		return read(message.id);
	};
	return {
		ask,
		request: async (method, params) => answerOf(await ask({ jsonrpc: "2.0", id: ++lastId, method, params })),
		close: () => events.close(),
	};
}

/** Streamable HTTP with a session: an answer comes on the stream of its POST. */
async function openSession(version: string, options: EraOptions): Promise<EraClient> {
	const { token, origin = LOCAL, capabilities } = options;
	// Clients name the version that was agreed on since 2025-06-18.
	const headers: Record<string, string> = version < "2025-06-18" ? {} : { "MCP-Protocol-Version": version };
	const opening = await mcp(initialize(version, capabilities), { token, origin });
	const session = opening.headers.get("Mcp-Session-Id") ?? "";
	const connection: McpOptions = { token, origin, session, headers };
	let lastId = 0;
	const tell = async (message: Message): Promise<void> => {
		const response = await mcp(message, connection);
		if (response.status !== 202) throw new Error(`Status ${response.status}: ${await response.text()}`);
	};
	const read = (response: Response, id: unknown) =>
		readAnswer(messagesOf(response), id, (asked) =>
			tell({ jsonrpc: "2.0", id: asked.id, result: elicit(options, asked) }),
		);
	expectVersion(await read(opening, 0), version);
	await tell(INITIALIZED);
	return {
		async request(method, params) {
			const id = ++lastId;
			const response = await mcp({ jsonrpc: "2.0", id, method, params }, connection);
			const challenge = challengeOf(response);
			return challenge === undefined ? answerOf(await read(response, id)) : { challenge };
		},
		ask: async (message) => read(await mcp(message, connection), message.id),
		async close() {
			await mcp(null, { ...connection, method: "DELETE" });
		},
	};
}

/** Without what this era adds to every answer. */
function plain({ resultType: _type, ttlMs: _ttl, cacheScope: _scope, _meta, ...result }: Message): Message {
	const { "io.modelcontextprotocol/serverInfo": _server, ...meta }: Message = { ...Object(_meta) };
	return Object.keys(meta).length > 0 ? { ...result, _meta: meta } : result;
}

/** Without a session: each request says who the client is, and is repeated with the answers the server asks for. */
function openStateless(options: EraOptions): EraClient {
	const { token, origin = LOCAL, capabilities = {} } = options;
	let lastId = 0;
	async function request(method: string, params: Message = {}): Promise<Answer> {
		const id = ++lastId;
		const { headers, message } = stateless(method, params, capabilities, id);
		const response = await mcp(message, { token, origin, headers });
		const challenge = challengeOf(response);
		if (challenge !== undefined) return { challenge };
		const answer = await readAnswer(messagesOf(response), id, async ({ method }) => {
			throw new Error(`A server of this era sends no requests, but sent ${method}`);
		});
		if (answer.error || !answer.result) return answerOf(answer);
		if (answer.result.resultType === "complete") return { result: plain(answer.result) };
		if (answer.result.resultType !== "input_required") throw new Error("The result does not say of which type it is");
		const { inputRequests = {}, requestState } = answer.result;
		const answers = Object.entries(inputRequests).map(([key, asked]) => [key, elicit(options, asked)] as const);
		const inputResponses = Object.fromEntries(answers);
		return request(method, { ...params, inputResponses, ...(requestState && { requestState }) });
	}
	async function ask(message: Message): Promise<Incoming> {
		const headers = { "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": String(message.method) };
		return messagesOf(await mcp(message, { token, origin, headers }))();
	}
	return { request, ask, close: async () => {} };
}
