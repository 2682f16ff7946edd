/** The event stream that a client reads, as a session's WebSocket carries it (HTML, server-sent events). */
import type { JSONRPCMessage } from "@modelcontextprotocol/server";

/** @param id what the client may come back with as Last-Event-ID */
export function eventOf(message: JSONRPCMessage, id?: string): string {
	return `event: message\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`;
}

/** Nothing but an id to come back with, so that a client misses nothing from the moment its stream opened. */
export function emptyEvent(id: string): string {
	return `id: ${id}\ndata: \n\n`;
}

/** Earlier clients take an event without data for a broken message. */
export function takesEmptyEvents(protocolVersion: string | null): boolean {
	return protocolVersion !== null && protocolVersion >= "2025-11-25";
}

/** Cloudflare closes a silent connection after some minutes. The Worker keeps it alive, so the object can sleep. */
const KEEP_ALIVE_MILLISECONDS = 25_000;
/** What may wait for a client that reads slowly; more than the largest message. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

type StreamOptions = {
	readonly headers?: HeadersInit;
	/** An event to send first. */
	readonly opening?: string;
	/** When the token ends, in seconds since the epoch, and with it the stream: the client is back with a new one. */
	readonly expiresAt?: number | undefined;
};

/** @param socket a WebSocket whose messages are events */
export function eventStream(socket: WebSocket, { headers, opening, expiresAt }: StreamOptions): Response {
	const encoder = new TextEncoder();
	let keepAlive: ReturnType<typeof setInterval> | undefined;
	let expiry: ReturnType<typeof setTimeout> | undefined;
	const stopTimers = () => {
		clearInterval(keepAlive);
		clearTimeout(expiry);
	};
	const source: UnderlyingSource<Uint8Array> = {
		start(controller) {
			const end = () => {
				stopTimers();
				try {
					controller.close();
				} catch {
					// The client closed it first.
				}
			};
			const write = (text: string) => {
				if ((controller.desiredSize ?? 0) > 0) return controller.enqueue(encoder.encode(text));
				// The client does not read: the memory is everyone's.
				socket.close(1008, "The client does not read");
				end();
			};
			write(opening || ": connected\n\n");
			keepAlive = setInterval(() => write(": keepalive\n\n"), KEEP_ALIVE_MILLISECONDS);
			if (expiresAt !== undefined) {
				expiry = setTimeout(
					() => {
						socket.close(1000, "The token has expired");
						end();
					},
					expiresAt * 1000 - Date.now(),
				);
			}
			socket.addEventListener("message", ({ data }) => write(String(data)));
			socket.addEventListener("close", end);
			socket.addEventListener("error", end);
			socket.accept();
		},
		cancel() {
			stopTimers();
			socket.close(1000, "Client disconnected");
		},
	};
	const body = new ReadableStream(source, new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD_BYTES }));
	return new Response(body, {
		headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform", ...headers },
	});
}
