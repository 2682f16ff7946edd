/** Turns a session's WebSocket into the event stream that its client reads. */

/** Cloudflare closes a silent connection after some minutes. The Worker keeps it alive, so the object can sleep. */
const KEEP_ALIVE_MILLISECONDS = 25_000;

/**
 * @param socket a WebSocket whose messages are JSON-RPC messages
 * @param opening an event to send first
 */
export function eventStream(socket: WebSocket, headers: HeadersInit, opening = ""): Response {
	const encoder = new TextEncoder();
	let keepAlive: ReturnType<typeof setInterval> | undefined;
	const body = new ReadableStream<Uint8Array>({
		start(controller) {
			const end = () => {
				clearInterval(keepAlive);
				try {
					controller.close();
				} catch {
					// The client closed it first.
				}
			};
			controller.enqueue(encoder.encode(opening || ": connected\n\n"));
			keepAlive = setInterval(() => controller.enqueue(encoder.encode(": keepalive\n\n")), KEEP_ALIVE_MILLISECONDS);
			socket.addEventListener("message", ({ data }) => {
				controller.enqueue(encoder.encode(`event: message\ndata: ${data}\n\n`));
			});
			socket.addEventListener("close", end);
			socket.addEventListener("error", end);
			socket.accept();
		},
		cancel() {
			clearInterval(keepAlive);
			socket.close(1000, "Client disconnected");
		},
	});
	return new Response(body, {
		headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform", ...headers },
	});
}
