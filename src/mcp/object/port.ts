/** What the logic of a user's object needs of the Durable Object that hosts it. */

/** An event stream of one of the user's clients: a WebSocket, so that the object can sleep while the client waits. */
export type Socket = {
	readonly id: string;
	/** What was set before, also after hibernation; not to be trusted to have today's shape. */
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
		// Its close is on the way.
	}
}

export type Port = {
	readonly sql: SqlStorage;
	/** The open sockets that were given this tag. */
	sockets(tag: string): Iterable<Socket>;
	/** Has `tidy` called after some seconds at the latest. */
	tidyIn(seconds: number): void;
};
