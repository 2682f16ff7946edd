/** Turns a session's WebSocket into the event stream that its client reads. */

/** Cloudflare closes a silent connection after some minutes. The Worker keeps it alive, so the object can sleep. */
const KEEP_ALIVE_MILLISECONDS = 25_000;
/** What may wait for a client that reads slowly; more than the largest message. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

/**
 * @param socket a WebSocket whose messages are JSON-RPC messages
 * @param opening an event to send first
 */
export function eventStream(socket: WebSocket, headers: HeadersInit, opening = ""): Response {
	const encoder = new TextEncoder();
	let keepAlive: ReturnType<typeof setInterval> | undefined;
	const source: UnderlyingSource<Uint8Array> = {
		start(controller) {
			const end = () => {
				clearInterval(keepAlive);
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
			socket.addEventListener("message", ({ data }) => write(`event: message\ndata: ${data}\n\n`));
			socket.addEventListener("close", end);
			socket.addEventListener("error", end);
			socket.accept();
		},
		cancel() {
			clearInterval(keepAlive);
			socket.close(1000, "Client disconnected");
		},
	};
	const body = new ReadableStream(source, new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD_BYTES }));
	return new Response(body, {
		headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform", ...headers },
	});
}
