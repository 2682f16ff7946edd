/** Turns the WebSocket of a user's object into an event stream for a client. */
import { openEventStream } from "./event-stream.ts";

/** A message on the socket that is not an event. It extends the stream until the newest token of the grant expires. */
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
	/** When the token expires, in seconds since the epoch. The stream ends then, and the client reconnects. */
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
