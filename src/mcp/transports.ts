/** The two transports of a session, as its Durable Object sees them. */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
	isJSONRPCErrorResponse,
	isJSONRPCResultResponse,
	type JSONRPCMessage,
	type MessageExtraInfo,
} from "@modelcontextprotocol/sdk/types.js";
import { type MCPStorageApi, WorkerTransport } from "agents/mcp";

/** Sends a message to the client's open event stream, if there is one. */
export type SendToStream = (message: JSONRPCMessage) => void;

function isResponse(message: JSONRPCMessage): boolean {
	return isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message);
}

/**
 * Streamable HTTP (2025-03-26 and later). A POST is answered on its own stream by the SDK's transport; what belongs
 * to no POST goes to the client's GET stream, which is a hibernating WebSocket and so cannot be the SDK's.
 */
export class StreamableHttpTransport extends WorkerTransport {
	readonly #sendToStream: SendToStream;

	constructor(sessionId: string, storage: MCPStorageApi, sendToStream: SendToStream) {
		super({ sessionIdGenerator: () => sessionId, storage });
		this.#sendToStream = sendToStream;
	}

	override async send(message: JSONRPCMessage, options?: Parameters<WorkerTransport["send"]>[1]): Promise<void> {
		const belongsToNoPost = !isResponse(message) && options?.relatedRequestId === undefined;
		if (belongsToNoPost) this.#sendToStream(message);
		else await super.send(message, options);
	}
}

/** Marks the replayed initialize request, whose second answer nobody waits for. */
const RESTORE_ID = "restore";

/** HTTP+SSE (2024-11-05): every message to the client goes on the one stream. */
export class SseTransport implements Transport {
	onmessage?: (message: JSONRPCMessage, extra?: MessageExtraInfo) => void;
	onclose?: () => void;
	onerror?: (error: Error) => void;
	readonly sessionId: string;
	readonly #sendToStream: SendToStream;

	constructor(sessionId: string, sendToStream: SendToStream) {
		this.sessionId = sessionId;
		this.#sendToStream = sendToStream;
	}

	async start(): Promise<void> {}

	async send(message: JSONRPCMessage): Promise<void> {
		if ("id" in message && message.id === RESTORE_ID && isResponse(message)) return;
		this.#sendToStream(message);
	}

	async close(): Promise<void> {
		this.onclose?.();
	}

	/** Brings back what the server learned from a client's initialize request before the object was evicted. */
	restore(initialize: JSONRPCMessage): void {
		this.onmessage?.({ ...initialize, id: RESTORE_ID } as JSONRPCMessage);
	}
}
