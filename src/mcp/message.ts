/** What a client posts: read once, and refused here if no session should see it. */
import { isInitializeRequest, JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import { JSON_RPC, jsonRpcError } from "./json-rpc.ts";

/** A session stores what its client said when it initialized. */
const MAX_INITIALIZE_LENGTH = 16 * 1024;

/** More than any tool's arguments need. */
const MAX_DEPTH = 256;

/** The names of the tools that a message, or a batch of them, calls. */
export function calledTools(message: unknown): unknown[] {
	const messages: unknown[] = Array.isArray(message) ? message : [message];
	return messages.flatMap((one) => {
		const parsed = JSONRPCMessageSchema.safeParse(one);
		if (!parsed.success || !("method" in parsed.data) || parsed.data.method !== "tools/call") return [];
		return [parsed.data.params?.name];
	});
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
