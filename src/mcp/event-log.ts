/**
 * What a session sent on its event streams, so that a client that lost its connection gets the rest with Last-Event-ID
 * (MCP 2025-11-25, transports, resumability).
 *
 * Nobody tells a Durable Object that the client at the other end of a response has gone. So the events of a call that
 * streams are stored as they are sent, and those of an ordinary call, which sends its answer and nothing else, stay
 * in memory for a client that is back at once: it writes nothing. What belongs to no call is rare, and stored.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { EventStore, RequestId } from "@modelcontextprotocol/server";
import { type Message, PostStream } from "./post-stream.ts";
import { StoredEvents, type StoredEventsOptions } from "./stored-events.ts";

/** The stream of a GET, as the SDK's transport calls it. */
export const STANDALONE_STREAM = "_GET_stream";
/** Answers of earlier calls in memory, and the largest single one; characters. */
const MAX_LENGTH_IN_MEMORY = 64 * 1024;

export class EventLog implements EventStore {
	readonly #stored: StoredEvents;
	/** By stream id, in the order in which they began. */
	readonly #posts = new Map<string, PostStream>();
	readonly #unanswered = new Set<PostStream>();
	readonly #current = new AsyncLocalStorage<PostStream>();
	#lastStandalone = 0;

	constructor(options: StoredEventsOptions) {
		this.#stored = new StoredEvents(options);
	}

	/** Deletes from storage what no client comes back for any more. */
	deleteOld(): void {
		this.#stored.deleteOld();
	}

	/**
	 * Keeps what is sent while a POST is answered.
	 *
	 * @param requests the ids of the JSON-RPC requests that are answered
	 */
	async deliver(requests: readonly RequestId[], answer: () => Promise<Response>): Promise<Response> {
		this.#forgetOld();
		const post = new PostStream(requests);
		if (requests.length > 0) this.#unanswered.add(post);
		const response = await this.#current.run(post, answer);
		if (!response.ok) this.#unanswered.delete(post);
		return response;
	}

	/** How many POSTs wait for an answer. */
	get pending(): number {
		return this.#unanswered.size;
	}

	/** The client has cancelled a request. */
	cancel(id: RequestId): void {
		for (const post of this.#unanswered) {
			if (!post.requests.includes(id)) continue;
			post.cancel(id);
			if (post.isComplete) this.#unanswered.delete(post);
		}
	}

	/** The requests that the stream of an event answers; none if it is not the stream of a POST that goes on here. */
	requestsOf(eventId: string): readonly RequestId[] {
		return this.#posts.get(streamOf(eventId))?.requests ?? [];
	}

	/** An id after which everything is still to come, for a client that just opened its stream. */
	standaloneEventId(): string {
		return eventId(STANDALONE_STREAM, this.#nextStandalone());
	}

	async storeEvent(streamId: string, message: Message): Promise<string> {
		const text = JSON.stringify(message);
		if (streamId === STANDALONE_STREAM) {
			const sequence = this.#nextStandalone();
			this.#stored.add(streamId, sequence, text);
			return eventId(streamId, sequence);
		}
		const post = this.#current.getStore();
		if (!post) return eventId(streamId, 0);
		this.#posts.set(streamId, post);
		const sequence = post.events.length;
		const event = { id: eventId(streamId, sequence), text };
		post.add(event, message);
		if (post.isComplete) this.#unanswered.delete(post);
		if (post.isStored) {
			this.#stored.add(streamId, sequence, text);
		} else if (post.isStreaming || post.length > MAX_LENGTH_IN_MEMORY) {
			post.isStored = true;
			for (const [index, earlier] of post.events.entries()) this.#stored.add(streamId, index, earlier.text);
		}
		if (post.isStored && post.isComplete) this.#posts.delete(streamId);
		return event.id;
	}

	async getStreamIdForEventId(id: string): Promise<string | undefined> {
		const streamId = streamOf(id);
		return this.#posts.has(streamId) || this.#stored.has(streamId) ? streamId : undefined;
	}

	async replayEventsAfter(
		lastEventId: string,
		{ send }: { send: (eventId: string, message: Message) => Promise<void> },
	): Promise<string> {
		const streamId = streamOf(lastEventId);
		const last = Number(lastEventId.slice(lastEventId.lastIndexOf("/") + 1));
		const rest =
			this.#posts.get(streamId)?.events.slice(last + 1) ??
			this.#stored.after(streamId, last).map(({ sequence, text }) => ({ id: eventId(streamId, sequence), text }));
		for (const { id, text } of rest) await send(id, JSON.parse(text));
		return streamId;
	}

	/** Answers of ordinary calls that are long over. */
	#forgetOld(): void {
		let kept = 0;
		for (const [streamId, post] of [...this.#posts].reverse()) {
			if (!post.isComplete) continue;
			kept += post.length;
			if (kept > MAX_LENGTH_IN_MEMORY) this.#posts.delete(streamId);
		}
	}

	/** The time, so that it goes on growing when the object was evicted and old events are gone. */
	#nextStandalone(): number {
		this.#lastStandalone = Math.max(Date.now(), this.#lastStandalone + 1);
		return this.#lastStandalone;
	}
}

/** Event ids are unique in their session; a client gives the last one back (HTML, server-sent events). */
function eventId(streamId: string, sequence: number): string {
	return `${streamId}/${sequence}`;
}

/** Empty for what is no id of ours. */
function streamOf(id: string): string {
	return /^(.+)\/\d{1,15}$/.exec(id)?.[1] ?? "";
}

/** Whether an event was on the stream of a GET. */
export function isStandaloneEvent(id: string): boolean {
	return streamOf(id) === STANDALONE_STREAM;
}
