/** The interface between the logic of a user's object and the Durable Object that hosts it. */

/** The event stream of a client. It is a WebSocket, so that the object can hibernate while the client waits. */
export type Socket = {
	readonly id: string;
	/** The state that was set before. It survives hibernation. An older version may have written it, so parse it. */
	readonly state: unknown;
	setState(state: object): unknown;
	send(text: string): void;
	close(code: number, reason: string): void;
};

/** Sends to a socket, if it is still open. */
export function send(socket: Socket, text: string): void {
	try {
		socket.send(text);
	} catch {
		// The socket is closed, and its close event follows.
	}
}

export type Port = {
	readonly sql: SqlStorage;
	/** The open sockets with this tag. */
	sockets(tag: string): Iterable<Socket>;
	/** Makes sure that `tidy` is called within this time. */
	tidyIn(seconds: number): void;
};
