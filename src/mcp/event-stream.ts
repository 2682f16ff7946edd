/** Event streams for clients (HTML, server-sent events). */
import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { escapeLineEndsIn } from "../http/line-ends.ts";

/**
 * @param message a message, or its JSON
 * @param id the id that the client may send as Last-Event-ID when it reconnects
 */
export function eventOf(message: JSONRPCMessage | string, id?: string): string {
	const json = typeof message === "string" ? message : JSON.stringify(message);
	return `event: message\n${id === undefined ? "" : `id: ${id}\n`}data: ${escapeLineEndsIn(json)}\n\n`;
}

/** An event with only an id. The client can resume from it, so it misses nothing from the start of its stream. */
export function emptyEvent(id: string): string {
	return `id: ${id}\ndata: \n\n`;
}

/** Earlier clients treat an event without data as a broken message. */
export function takesEmptyEvents(protocolVersion: string | null): boolean {
	return protocolVersion !== null && protocolVersion >= "2025-11-25";
}

/** An event stream response, with additional events at its start. */
export function beginWith(events: string, response: Response): Response {
	const opening = new TextEncoder().encode(events);
	const opened = new TransformStream<Uint8Array, Uint8Array>({ start: (controller) => controller.enqueue(opening) });
	return new Response(response.body?.pipeThrough(opened), response);
}

/** Cloudflare closes a silent connection after some minutes. */
const KEEP_ALIVE_MILLISECONDS = 25_000;
/** The limit of unread data if a client reads slowly. It is more than the largest message. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

const HEADERS = { "Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform" };

/** The writing end of an event stream. After the stream has ended or the client has disconnected, it ignores writes. */
export type StreamWriter = { write(events: string): void; end(): void };

type StreamOptions = {
	readonly keepAliveMilliseconds?: number;
	readonly headers?: HeadersInit | undefined;
	/** Called once, when the server or the client has ended the stream. */
	readonly onend?: (why: string) => void;
};

/** Opens an event stream. Comments keep it alive. It ends if the client does not read. */
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
		// If a client does not read, its data must not fill the shared memory.
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
