/** The two transports of a session, as its Durable Object sees them. */
import {
	isJSONRPCErrorResponse,
	isJSONRPCRequest,
	isJSONRPCResultResponse,
	type JSONRPCMessage,
	type JSONRPCRequest,
	type JSONRPCResponse,
	type RequestId,
	type Transport,
	type TransportSendOptions,
	WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { type EventLog, STANDALONE_STREAM } from "./event-log.ts";
import { emptyEvent, takesEmptyEvents } from "./event-stream.ts";
import { cancelledRequests } from "./message.ts";

/** Sends a message to the client's open event stream, if there is one; with an id if the client may ask for it again. */
export type SendToStream = (message: JSONRPCMessage, eventId?: string) => void;

function isResponse(message: JSONRPCMessage): message is JSONRPCResponse {
	return isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message);
}

/** When a client that lost its connection should be back. */
const RETRY_MILLISECONDS = 1000;

/**
 * Streamable HTTP (2025-03-26 and later). A POST is answered on its own stream by the SDK's transport; what belongs
 * to no POST goes to the client's GET stream, which is a hibernating WebSocket and so cannot be the SDK's.
 */
export class StreamableHttpTransport extends WebStandardStreamableHTTPServerTransport {
	readonly #eventLog: EventLog;
	readonly #sendToStream: SendToStream;

	constructor(sessionId: string, eventLog: EventLog, sendToStream: SendToStream) {
		super({ sessionIdGenerator: () => sessionId, eventStore: eventLog, retryInterval: RETRY_MILLISECONDS });
		this.#eventLog = eventLog;
		this.#sendToStream = sendToStream;
	}

	override async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
		const belongsToNoPost = !isResponse(message) && options?.relatedRequestId === undefined;
		if (!belongsToNoPost) return super.send(message, options);
		this.#sendToStream(message, await this.#eventLog.storeEvent(STANDALONE_STREAM, message));
	}

	/** Brings back what the server learned from a client's initialize request before the object was evicted. */
	async restore(initialize: JSONRPCRequest): Promise<void> {
		const headers = { Accept: "application/json, text/event-stream", "Content-Type": "application/json" };
		const request = new Request("http://session/mcp", { method: "POST", headers });
		const response = await this.handleRequest(request, { parsedBody: initialize });
		await response.body?.cancel();
	}

	/**
	 * The rest of the answer to a POST whose stream broke, and what is still to come.
	 *
	 * @param request a GET with Last-Event-ID
	 */
	async resume(request: Request, lastEventId: string): Promise<Response> {
		// The old connection may still look open from here.
		for (const id of this.#eventLog.requestsOf(lastEventId)) this.closeSSEStream(id);
		const response = await this.handleRequest(request);
		const version = request.headers.get("Mcp-Protocol-Version");
		if (!response.ok || !response.body || !takesEmptyEvents(version)) return response;
		// It may lose this connection too, before there is anything to tell.
		const opening = new TextEncoder().encode(emptyEvent(lastEventId));
		const opened = new TransformStream<Uint8Array, Uint8Array>({ start: (controller) => controller.enqueue(opening) });
		return new Response(response.body.pipeThrough(opened), response);
	}
}

/** HTTP+SSE (2024-11-05): every message to the client goes on the one stream. */
export class SseTransport implements Transport {
	onmessage?: Transport["onmessage"];
	onclose?: () => void;
	onerror?: (error: Error) => void;
	readonly sessionId: string;
	readonly #sendToStream: SendToStream;
	readonly #unanswered = new Set<RequestId>();
	/** Marks the replayed initialize request, whose second answer nobody waits for. */
	readonly #restoreId = crypto.randomUUID();

	constructor(sessionId: string, sendToStream: SendToStream) {
		this.sessionId = sessionId;
		this.#sendToStream = sendToStream;
	}

	async start(): Promise<void> {}

	/** How many requests wait for an answer. */
	get pending(): number {
		return this.#unanswered.size;
	}

	/** Hands a message from the client to the server. */
	receive(message: JSONRPCMessage): void {
		if (isJSONRPCRequest(message)) this.#unanswered.add(message.id);
		for (const id of cancelledRequests(message)) this.#unanswered.delete(id);
		this.onmessage?.(message);
	}

	async send(message: JSONRPCMessage): Promise<void> {
		if (isResponse(message) && message.id !== undefined) this.#unanswered.delete(message.id);
		if ("id" in message && message.id === this.#restoreId && isResponse(message)) return;
		this.#sendToStream(message);
	}

	async close(): Promise<void> {
		this.onclose?.();
	}

	/** Brings back what the server learned from a client's initialize request before the object was evicted. */
	restore(initialize: JSONRPCRequest): void {
		this.onmessage?.({ ...initialize, id: this.#restoreId });
	}
}
