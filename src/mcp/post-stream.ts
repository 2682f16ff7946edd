/** The event stream that answers one POST. */
import {
	type EventStore,
	isJSONRPCErrorResponse,
	isJSONRPCResultResponse,
	type RequestId,
} from "@modelcontextprotocol/server";

export type Message = Parameters<EventStore["storeEvent"]>[1];
export type Event = { readonly id: string; readonly text: string };

export class PostStream {
	/** The JSON-RPC requests that are answered. */
	readonly requests: readonly RequestId[];
	/** What was sent, in its order. */
	readonly events: Event[] = [];
	readonly #unanswered: Set<RequestId>;
	/** Whether there was more than an answer: progress, a question to the user, a log message. */
	isStreaming = false;
	/** Whether its events are in storage. */
	isStored = false;

	constructor(requests: readonly RequestId[]) {
		this.requests = requests;
		this.#unanswered = new Set(requests);
	}

	add(event: Event, message: Message): void {
		this.events.push(event);
		const isAnswer = isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message);
		if (isAnswer && message.id !== undefined) this.#unanswered.delete(message.id);
		// The transport opens a stream with an empty event, for its id.
		if (!isAnswer && "method" in message) this.isStreaming = true;
	}

	/** A request that the client cancelled is not answered (MCP 2025-11-25, cancellation). */
	cancel(id: RequestId): void {
		this.#unanswered.delete(id);
	}

	get isComplete(): boolean {
		return this.#unanswered.size === 0;
	}

	/** Characters. */
	get length(): number {
		return this.events.reduce((sum, { text }) => sum + text.length, 0);
	}
}
