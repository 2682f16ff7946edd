/** The event stream that a client reads, from the WebSocket that a user's object writes to. */
import { openEventStream } from "./event-stream.ts";

/** A message on the socket that is no event: the newest token of the grant, and with it the stream, lasts until then. */
const EXPIRES = "expires:";

/** @param seconds since the epoch */
export function expiryMessage(seconds: number): string {
	return `${EXPIRES}${seconds}`;
}

type SocketStreamOptions = {
	readonly headers?: HeadersInit;
	readonly keepAliveMilliseconds?: number;
	/** An event to send first. */
	readonly opening?: string;
	/** When the token ends, in seconds since the epoch, and with it the stream: the client is back with a new one. */
	readonly expiresAt?: number | undefined;
};

/** @param socket a WebSocket whose messages are events */
export function socketStream(
	socket: WebSocket,
	{ keepAliveMilliseconds, headers, opening, expiresAt }: SocketStreamOptions,
): Response {
	let expiry: ReturnType<typeof setTimeout> | undefined;
	const { response, writer } = openEventStream({
		...(keepAliveMilliseconds && { keepAliveMilliseconds }),
		headers,
		onend(why) {
			clearTimeout(expiry);
			socket.close(1000, why);
		},
	});
	const endAt = (seconds: number) => {
		clearTimeout(expiry);
		expiry = setTimeout(() => writer.end(), seconds * 1000 - Date.now());
	};
	writer.write(opening || ": connected\n\n");
	if (expiresAt !== undefined) endAt(expiresAt);
	socket.addEventListener("message", ({ data }) => {
		const text = String(data);
		if (text.startsWith(EXPIRES)) endAt(Number(text.slice(EXPIRES.length)));
		else writer.write(text);
	});
	socket.addEventListener("close", () => writer.end());
	socket.addEventListener("error", () => writer.end());
	socket.accept();
	return response;
}
