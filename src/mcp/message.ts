/** What a client posts: read once, and refused here if no session should see it. */
import {
	isInitializeRequest,
	isJSONRPCNotification,
	isJSONRPCRequest,
	type JSONRPCRequest,
	type RequestId,
	UriTemplate,
} from "@modelcontextprotocol/server";
import type { Catalogue } from "../catalogue.ts";
import type { Resource } from "../resources/define.ts";
import type { Gated } from "./gate.ts";
import { idOf, JSON_RPC, jsonRpcError } from "./json-rpc.ts";

/** A session stores what its client said when it initialized. */
const MAX_INITIALIZE_LENGTH = 16 * 1024;

/** Longer ones are nobody's, and matching a template with one may take long; characters. */
const MAX_URI_LENGTH = 8192;

/** As many as the SDK takes. */
const MAX_BATCH = 100;

/** Ids come back with each answer, and are stored with it. */
const MAX_ID_LENGTH = 256;

/** More than any tool's arguments need. */
const MAX_DEPTH = 256;

/** The requests among a message, or a batch of them. */
export function requests(message: unknown): JSONRPCRequest[] {
	const messages: unknown[] = Array.isArray(message) ? message : [message];
	return messages.filter(isJSONRPCRequest);
}

/** The requests that a message, or a batch of them, cancels. */
export function cancelledRequests(message: unknown): RequestId[] {
	const messages: unknown[] = Array.isArray(message) ? message : [message];
	return messages.flatMap((one) => {
		if (!isJSONRPCNotification(one) || one.method !== "notifications/cancelled") return [];
		const id = one.params?.requestId;
		return typeof id === "string" || typeof id === "number" ? [id] : [];
	});
}

/** What a message, or a batch of them, wants to use of what a catalogue offers. */
export function requestedItems(catalogue: Catalogue, message: unknown): Gated[] {
	const { tools, prompts } = catalogue;
	return requests(message).flatMap<Gated>(({ method, params }) => {
		if (method === "tools/call") return tools.filter(({ name }) => name === params?.name);
		if (method === "prompts/get") return prompts.filter(({ name }) => name === params?.name);
		if (method === "resources/read") return resourcesAt(catalogue, params?.uri);
		return [];
	});
}

/** The resources of a catalogue that a URI names. */
export function resourcesAt({ resources }: Catalogue, uri: unknown): Resource[] {
	if (typeof uri !== "string") return [];
	return resources.filter((resource) => new UriTemplate(resource.uri).match(uri) !== null);
}

/**
 * The parsed JSON body; its size was limited before it came here.
 *
 * @returns the message, or the answer to a body that is none
 */
export async function readMessage(request: Request): Promise<unknown> {
	const mediaType = request.headers.get("Content-Type")?.split(";")[0]?.trim().toLowerCase();
	if (mediaType !== "application/json") {
		const message = "Unsupported Media Type: Content-Type must be application/json";
		return jsonRpcError(415, JSON_RPC.transport, message);
	}
	let message: unknown;
	try {
		message = await request.json();
	} catch {
		return jsonRpcError(400, JSON_RPC.parseError, "Parse error: Invalid JSON");
	}
	if (isDeeperThan(message, MAX_DEPTH)) {
		return jsonRpcError(400, JSON_RPC.invalidRequest, `Invalid Request: nested deeper than ${MAX_DEPTH} levels`);
	}
	if (Array.isArray(message) && message.length > MAX_BATCH) {
		const sentence = `Invalid Request: a batch holds at most ${MAX_BATCH} messages`;
		return jsonRpcError(400, JSON_RPC.invalidRequest, sentence);
	}
	for (const { id, params } of requests(message)) {
		if (String(id).length > MAX_ID_LENGTH) {
			const sentence = `Invalid Request: an id is longer than ${MAX_ID_LENGTH} characters`;
			return jsonRpcError(400, JSON_RPC.invalidRequest, sentence);
		}
		if (typeof params?.uri === "string" && params.uri.length > MAX_URI_LENGTH) {
			const sentence = `Resource not found: its URI is longer than ${MAX_URI_LENGTH} characters`;
			return jsonRpcError(400, JSON_RPC.invalidParams, sentence, { id: idOf(message) });
		}
	}
	if (isInitializeRequest(message) && JSON.stringify(message).length > MAX_INITIALIZE_LENGTH) {
		return jsonRpcError(413, JSON_RPC.invalidRequest, "Invalid Request: initialize is larger than 16 KiB");
	}
	return message;
}

/** Level by level, since what is nested too deep for a session is too deep for recursion as well. */
function isDeeperThan(value: unknown, limit: number): boolean {
	let level = [value];
	for (let depth = 0; level.length > 0; depth++) {
		if (depth > limit) return true;
		level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
	}
	return false;
}
