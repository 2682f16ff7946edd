/** The event stream that a client reads, as text (HTML, server-sent events). */
import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { escapeLineEndsIn } from "../http/line-ends.ts";

/**
 * @param message as JSON, or what is to become JSON
 * @param id what the client may come back with as Last-Event-ID
 */
export function eventOf(message: JSONRPCMessage | string, id?: string): string {
	const json = typeof message === "string" ? message : JSON.stringify(message);
	return `event: message\n${id === undefined ? "" : `id: ${id}\n`}data: ${escapeLineEndsIn(json)}\n\n`;
}

/** Nothing but an id to come back with, so that a client misses nothing from the moment its stream opened. */
export function emptyEvent(id: string): string {
	return `id: ${id}\ndata: \n\n`;
}

/** Earlier clients take an event without data for a broken message. */
export function takesEmptyEvents(protocolVersion: string | null): boolean {
	return protocolVersion !== null && protocolVersion >= "2025-11-25";
}

/** An answer that is an event stream, with some events before its own. */
export function beginWith(events: string, response: Response): Response {
	const opening = new TextEncoder().encode(events);
	const opened = new TransformStream<Uint8Array, Uint8Array>({ start: (controller) => controller.enqueue(opening) });
	return new Response(response.body?.pipeThrough(opened), response);
}

/** Cloudflare closes a silent connection after some minutes. */
const KEEP_ALIVE_MILLISECONDS = 25_000;
/** What may wait for a client that reads slowly; more than the largest message. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

const HEADERS = { "Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform" };

/** One end of an event stream. What is written after its end, or after the client has left, goes nowhere. */
export type StreamWriter = { write(events: string): void; end(): void };

type StreamOptions = {
	readonly keepAliveMilliseconds?: number;
	readonly headers?: HeadersInit | undefined;
	/** Called once, when the stream has ended, whoever ended it. */
	readonly onend?: (why: string) => void;
};

/** An event stream that is kept alive by comments, and ends when its client does not read. */
export function openEventStream({
	keepAliveMilliseconds = KEEP_ALIVE_MILLISECONDS,
	headers,
	onend,
}: StreamOptions = {}): { response: Response; writer: StreamWriter } {
	const encoder = new TextEncoder();
	let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
	let keepAlive: ReturnType<typeof setInterval> | undefined;
	const end = (why: string) => {
		if (!controller) return;
		clearInterval(keepAlive);
		const ended = controller;
		controller = undefined;
		try {
			ended.close();
		} catch {
			// The client closed it first.
		}
		onend?.(why);
	};
	const write = (events: string) => {
		if (!controller) return;
		// The client does not read: the memory is everyone's.
		if ((controller.desiredSize ?? 0) <= 0) return end("The client does not read");
		controller.enqueue(encoder.encode(events));
	};
	const source: UnderlyingSource<Uint8Array> = {
		start(started) {
			controller = started;
			keepAlive = setInterval(() => write(": keepalive\n\n"), keepAliveMilliseconds);
		},
		cancel: () => end("Client disconnected"),
	};
	const body = new ReadableStream(source, new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD_BYTES }));
	return {
		response: new Response(body, { headers: { ...HEADERS, ...Object.fromEntries(new Headers(headers)) } }),
		writer: { write, end: () => end("Ended") },
	};
}
