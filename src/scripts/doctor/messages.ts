/** Messages of both eras of the protocol, and the answers to them. */
import type { Answer, Ask, Target } from "./target.ts";

/** The revisions with a handshake. */
export const SESSION_VERSIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;
/** The revision without one. */
export const STATELESS_VERSION = "2026-07-28";
const META = "io.modelcontextprotocol";
const CLIENT = { name: "mcp-doctor", version: "1" };

export type Message = {
	readonly id?: unknown;
	readonly result?: Readonly<Record<string, unknown>>;
	readonly error?: { readonly code?: number; readonly message?: string };
};

export const POST_HEADERS = {
	"Content-Type": "application/json",
	Accept: "application/json, text/event-stream",
};

export const bearer = (token: string | undefined): Record<string, string> =>
	token === undefined ? {} : { Authorization: `Bearer ${token}` };

export const initialize = (protocolVersion: string = SESSION_VERSIONS[0]) =>
	request("initialize", { protocolVersion, capabilities: {}, clientInfo: CLIENT });

export const request = (method: string, params: object = {}) => ({ jsonrpc: "2.0", id: 1, method, params });

/** Posts a message and waits for the answer with its id. */
export function post(target: Target, message: object, headers: Ask["headers"] = {}, url = target.url): Promise<Answer> {
	return target.ask("POST", url, {
		headers: { ...POST_HEADERS, ...headers },
		body: JSON.stringify(message),
		until: (text) => messageIn(text) !== undefined,
	});
}

/** Posts a request that says itself which revision it speaks. */
export function postStateless(target: Target, method: string, version: string = STATELESS_VERSION): Promise<Answer> {
	const _meta = {
		[`${META}/protocolVersion`]: version,
		[`${META}/clientInfo`]: CLIENT,
		[`${META}/clientCapabilities`]: {},
	};
	const headers = { "MCP-Protocol-Version": version, "Mcp-Method": method, ...bearer(target.token) };
	return post(target, request(method, { _meta }), headers);
}

/** @returns the JSON of a text; undefined if it is none */
export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** @returns the answer to a request in a body, which is JSON or an event stream; undefined if there is none (yet) */
export function messageIn(text: string): Message | undefined {
	const datas = text.split(/\r?\n/).flatMap((line) => (line.startsWith("data:") ? line.slice(5) : []));
	for (const data of [text, ...datas]) {
		const value = parseJson(data);
		if (typeof value === "object" && value !== null && ("result" in value || "error" in value)) return value as Message;
	}
	return undefined;
}

export const resultOf = ({ status, text }: Answer) => (status === 200 ? messageIn(text)?.result : undefined);

/** @returns an answer in a few words: `404 (text/html)`, `200 with the error -32601` */
export function brief({ status, headers, text }: Answer): string {
	const code = messageIn(text)?.error?.code;
	if (code !== undefined) return `${status} with the error ${code}`;
	const type = headers.get("Content-Type")?.split(";")[0];
	return type ? `${status} (${type})` : String(status);
}
