/** The port's sockets on a plain Durable Object: WebSockets that survive hibernation, with their state attached. */
import type { Socket } from "./port.ts";
import { type Stream, tagsOf } from "./streams.ts";

type Attachment = { readonly id: string; readonly state?: object };

/** Opens the WebSocket of a stream. @param open begins the stream */
export function acceptSocket(
	ctx: DurableObjectState,
	stream: Stream,
	open: (socket: Socket, stream: Stream) => void,
): Response {
	const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
	ctx.acceptWebSocket(server, tagsOf(stream));
	server.serializeAttachment({ id: crypto.randomUUID() } satisfies Attachment);
	open(socketOf(server), stream);
	return new Response(null, { status: 101, webSocket: client });
}

export function socketsOf(ctx: DurableObjectState, tag: string): Socket[] {
	return ctx.getWebSockets(tag).map(socketOf);
}

export function socketOf(socket: WebSocket): Socket {
	const { id, state }: Attachment = socket.deserializeAttachment();
	return {
		id,
		state,
		setState: (state) => socket.serializeAttachment({ id, state } satisfies Attachment),
		send: (text) => socket.send(text),
		close: (code, reason) => socket.close(code, reason),
	};
}
