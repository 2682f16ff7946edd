/** Reads a posted body once, and refuses it if it is not a message that a session should get. */
import {
	isInitializeRequest,
	isJSONRPCNotification,
	isJSONRPCRequest,
	isJSONRPCResponse,
	isJsonContentType,
	type JSONRPCRequest,
	type JSONRPCResponse,
	type RequestId,
	UriTemplate,
} from "@modelcontextprotocol/server";
import { getContext } from "hono/context-storage";
import { HTTPException } from "hono/http-exception";
import type { AppEnv } from "../app-env.ts";
import { readBody } from "../http/body.ts";
import { idOf, JSON_RPC, jsonRpcError, MAX_ID_LENGTH } from "../http/json-rpc.ts";
import type { Resource } from "./define/resource.ts";
import type { Catalogue } from "./definition.ts";
import type { Gated } from "./gate.ts";
import type { Posted } from "./sessions.ts";

/** The client's capabilities in this message become part of the session. */
const MAX_INITIALIZE_LENGTH = 16 * 1024;

/** The same limit as in the SDK. */
const MAX_BATCH = 100;

/** More than any tool's arguments need. */
const MAX_DEPTH = 256;

const decoder = new TextDecoder();

/** The requests in a checked message or batch. */
export function requests(message: unknown): JSONRPCRequest[] {
	const messages: unknown[] = Array.isArray(message) ? message : [message];
	return messages.filter(isRequest);
}

/** For checked messages only. The guard of the SDK would parse them again. */
function isRequest(message: unknown): message is JSONRPCRequest {
	return typeof message === "object" && message !== null && "method" in message && "id" in message;
}

/** Whether a checked message is the response to a request of the server. */
export function isResponse(message: unknown): message is JSONRPCResponse {
	return typeof message === "object" && message !== null && !("method" in message);
}

/** The requests that a message, or a batch of them, cancels. */
export function cancelledRequests(message: unknown): RequestId[] {
	const messages: unknown[] = Array.isArray(message) ? message : [message];
	return messages.flatMap((one) => {
		const { method, params } = Object(one);
		if (method !== "notifications/cancelled") return [];
		const id = Object(params).requestId;
		return typeof id === "string" || typeof id === "number" ? [id] : [];
	});
}

/** The catalogue items that a message, or a batch of them, uses. */
export function requestedItems(catalogue: Catalogue, message: unknown): Gated[] {
	const { tools, prompts } = catalogue;
	return requests(message).flatMap<Gated>(({ method, params }) => {
		if (method === "tools/call") return tools.filter(({ name }) => name === params?.name);
		if (method === "prompts/get") return prompts.filter(({ name }) => name === params?.name);
		if (method === "resources/read" || method === "skills/get") return resourcesAt(catalogue, params?.uri);
		return [];
	});
}

/** The resources of a catalogue that match a URI. */
export function resourcesAt({ resources }: Catalogue, uri: unknown): Resource[] {
	if (typeof uri !== "string") return [];
	return resources.filter((resource) => new UriTemplate(resource.uri).match(uri) !== null);
}

/**
 * Parses a JSON body. Its size was limited earlier.
 *
 * @returns the message, whose parameters are not checked yet, or a batch of them; or an error response if the body is
 *   not a message
 */
export async function readMessage(request: Request, env: Env): Promise<Posted | Response> {
	const isJson = isJsonContentType(request.headers.get("Content-Type"));
	let message: unknown;
	let text = "";
	try {
		const bytes = await readBody(env, () => request.bytes());
		// The runtime's text() logs a warning for content types that it considers binary.
		text = decoder.decode(bytes);
		message = JSON.parse(text);
	} catch (error) {
		if (error instanceof HTTPException) throw error;
		if (isJson) return jsonRpcError(400, JSON_RPC.parseError, "Parse error: Invalid JSON");
	}
	const id = idOf(message);
	getContext<AppEnv>().set("messageId", id);
	if (!isJson) {
		const sentence = "Unsupported Media Type: Content-Type must be application/json";
		return jsonRpcError(415, JSON_RPC.transport, sentence, { id });
	}
	const problem = problemOf(message, text.length);
	if (problem !== undefined) return jsonRpcError(400, JSON_RPC.invalidRequest, `Invalid Request: ${problem}`, { id });
	if (isInitializeRequest(message) && JSON.stringify(message).length > MAX_INITIALIZE_LENGTH) {
		return jsonRpcError(413, JSON_RPC.invalidRequest, "Invalid Request: initialize is larger than 16 KiB", { id });
	}
	return { message, text };
}

/** Why a body is not a valid message. */
function problemOf(message: unknown, length: number): string | undefined {
	// Each level takes at least two characters.
	if (length > 2 * MAX_DEPTH && isDeeperThan(message, MAX_DEPTH)) return `nested deeper than ${MAX_DEPTH} levels`;
	const messages: unknown[] = Array.isArray(message) ? message : [message];
	if (messages.length > MAX_BATCH) return `a batch holds at most ${MAX_BATCH} messages`;
	if (messages.some(hasLongId)) return `an id is longer than ${MAX_ID_LENGTH} characters`;
	if (messages.length === 0 || !messages.every(isEnvelope)) return "the body is not a JSON-RPC message";
	return undefined;
}

function hasLongId(message: unknown): boolean {
	if (typeof message !== "object" || message === null || !("id" in message)) return false;
	return typeof message.id === "string" && message.id.length > MAX_ID_LENGTH;
}

/** Whether a value is a JSON-RPC message. The parameters of a request or notification are not checked. */
function isEnvelope(message: unknown): boolean {
	if (typeof message !== "object" || message === null) return false;
	const { params: _params, ...envelope } = { params: undefined, ...message };
	return isJSONRPCRequest(envelope) || isJSONRPCNotification(envelope) || isJSONRPCResponse(message);
}

/** Checks level by level, because recursion could overflow the stack. */
function isDeeperThan(value: unknown, limit: number): boolean {
	let level = [value];
	for (let depth = 0; level.length > 0; depth++) {
		if (depth > limit) return true;
		level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
	}
	return false;
}
