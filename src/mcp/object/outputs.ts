/** The outputs for the messages of calls in a user's object. */
import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { emptyEvent, eventOf, openEventStream, type StreamWriter, takesEmptyEvents } from "../event-stream.ts";
import type { Output } from "./call.ts";
import type { Events } from "./call-events.ts";

/** How long a client should wait before it reconnects. */
const RETRY_MILLISECONDS = 1000;

/** The response to a POST as JSON, for requests that are answered at once. */
export class JsonOutput implements Output {
	readonly response: Promise<Response>;
	readonly #isBatch: boolean;
	readonly #messages: JSONRPCMessage[] = [];
	#resolve!: (response: Response) => void;

	constructor(isBatch: boolean) {
		this.#isBatch = isBatch;
		this.response = new Promise((resolve) => {
			this.#resolve = resolve;
		});
	}

	write(message: JSONRPCMessage): void {
		if ("id" in message) this.#messages.push(message);
	}

	end(): void {
		const { length } = this.#messages;
		const answer = this.#isBatch ? this.#messages : this.#messages[0];
		this.#resolve(length === 0 ? new Response(null, { status: 202 }) : Response.json(answer));
	}
}

/** The response to a POST as an event stream that can be resumed. Each event is stored before it is sent. */
export class StoredOutput implements Output {
	readonly #call: string;
	readonly #events: Events;
	#sequence: number;
	#writer: StreamWriter | undefined;

	/** @param sequence the number of the last event, if the call began before the object was restarted */
	constructor(call: string, events: Events, sequence = 0) {
		this.#call = call;
		this.#events = events;
		this.#sequence = sequence;
	}

	/**
	 * Opens the stream. A stream that is already open ends.
	 *
	 * @param version the protocol version of the client
	 * @param after the number of the last event that the client has
	 */
	open(version: string | undefined, after = 0): Response {
		this.#writer?.end();
		const { response, writer } = openEventStream({
			onend: () => {
				if (this.#writer === writer) this.#writer = undefined;
			},
		});
		this.#writer = writer;
		replay(writer, version, this.#call, after, this.#events);
		return response;
	}

	write(message: JSONRPCMessage, text = JSON.stringify(message)): void {
		this.#sequence += 1;
		this.#events.add(this.#call, this.#sequence, text);
		this.#writer?.write(eventOf(text, eventId(this.#call, this.#sequence)));
	}

	isHeard(): boolean {
		return this.#writer !== undefined;
	}

	end(): void {
		this.#events.complete(this.#call);
		this.#writer?.end();
	}
}

/** Begins a stream with an id for reconnecting, and with the events that the client has missed. */
export function replay(
	writer: StreamWriter,
	version: string | undefined,
	call: string,
	after: number,
	events: Events,
): void {
	// Send it also if the client has reconnected: it may lose this connection too before the first event.
	if (takesEmptyEvents(version ?? null))
		writer.write(`retry: ${RETRY_MILLISECONDS}\n${emptyEvent(eventId(call, after))}`);
	for (const { sequence, text } of events.after(call, after)) writer.write(eventOf(text, eventId(call, sequence)));
}

/** Event ids are unique in their session. To resume, a client sends the last one (HTML, server-sent events). */
export function eventId(stream: string, sequence: number): string {
	return `${stream}/${sequence}`;
}

/** Parses an event id; undefined if it is not one of ours. */
export function parseEventId(id: string): { stream: string; sequence: number } | undefined {
	const [, stream, sequence] = /^([\w-]+)\/(\d{1,15})$/.exec(id) ?? [];
	return stream === undefined ? undefined : { stream, sequence: Number(sequence) };
}
