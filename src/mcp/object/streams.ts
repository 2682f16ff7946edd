/** The open event streams of a user's clients. */
import { z } from "zod";
import type { Principal } from "../../auth/principal.ts";
import { logEvent } from "../../errors.ts";
import { STREAM_HEADER } from "../headers.ts";
import { asksSchema } from "../session-id.ts";
import { expiryMessage } from "../socket-stream.ts";
import { parseEventId } from "./outputs.ts";
import { type Port, type Socket, send } from "./port.ts";

/** More than any user needs. If there are more, the oldest one is closed. */
const MAX_STREAMS = 500;
/** The name of a GET stream in event ids. */
export const STANDALONE_STREAM = "_GET_stream";
const ALL = "all";

const streamSchema = z.object({
	/** A GET to `/mcp`, HTTP+SSE, or `subscriptions/listen` of 2026-07-28. */
	kind: z.enum(["get", "sse", "listen"]),
	session: z.string(),
	grantId: z.string(),
	scopes: z.array(z.string()),
	permissions: z.array(z.string()),
	/** Milliseconds since the epoch. */
	openedAt: z.number(),
	/** When the newest known token of the grant expires, in seconds since the epoch. */
	expiresAt: z.number().optional(),
	version: z.string().optional(),
	/** Set at `/sse`, after the client has initialized. */
	asks: asksSchema.optional(),
	showsViews: z.literal(true).optional(),
	lastEventId: z.string().optional(),
});

export type Stream = z.infer<typeof streamSchema>;

/** Reads the description of a stream from the request that the Worker sent. */
export function streamOf({ headers }: Request): Stream {
	return streamSchema.parse(JSON.parse(decodeURIComponent(headers.get(STREAM_HEADER) ?? "")));
}

/** Parses the state of a stream's socket; undefined if it does not fit, for example after an update. */
export function readStream(state: unknown): Stream | undefined {
	return streamSchema.safeParse(state).data;
}

/** The tags of a stream's socket. */
export function tagsOf({ session, grantId }: Stream): string[] {
	return [ALL, sessionTag(session), grantTag(grantId)];
}

export function isStandaloneEvent(lastEventId: string): boolean {
	return parseEventId(lastEventId)?.stream === STANDALONE_STREAM;
}

const sessionTag = (session: string) => `session:${session}`;
const grantTag = (grantId: string) => `grant:${grantId}`;

export class Streams {
	readonly #port: Port;

	constructor(port: Port) {
		this.#port = port;
	}

	/** A client has opened a stream. */
	add(socket: Socket, { lastEventId: _last, ...state }: Stream): void {
		// One stream per session: if a client reconnects, its old stream may still look open.
		for (const other of this.#port.sockets(sessionTag(state.session))) {
			if (other.id !== socket.id) other.close(1000, "Replaced by a newer stream");
		}
		socket.setState(state);
		const open = this.all().sort(([, one], [, other]) => one.openedAt - other.openedAt);
		for (const [oldest] of open.slice(0, Math.max(0, open.length - MAX_STREAMS))) {
			oldest.close(1008, "Too many streams");
		}
	}

	/** Extends a stream if a newer token of its grant expires later. */
	extend([socket, stream]: [Socket, Stream], { grantId, expiresAt }: Principal): Stream {
		if (grantId !== stream.grantId || expiresAt === undefined || expiresAt <= (stream.expiresAt ?? 0)) return stream;
		const extended = { ...stream, expiresAt };
		socket.setState(extended);
		send(socket, expiryMessage(expiresAt));
		return extended;
	}

	all(): [Socket, Stream][] {
		return this.#tagged(ALL);
	}

	/** The stream of a session, at `/sse` or of a GET. */
	ofSession(session: string, kind: "sse" | "get"): [Socket, Stream] | undefined {
		return this.#tagged(sessionTag(session)).find(([, stream]) => stream.kind === kind);
	}

	endSession(session: string): void {
		for (const socket of this.#port.sockets(sessionTag(session))) socket.close(1000, "Session ended");
	}

	endGrant(grantId: string): void {
		for (const socket of this.#port.sockets(grantTag(grantId))) socket.close(1000, "Access has ended");
	}

	#tagged(tag: string): [Socket, Stream][] {
		return [...this.#port.sockets(tag)].flatMap((socket): [Socket, Stream][] => {
			const stream = readStream(socket.state);
			if (stream) return [[socket, stream]];
			logEvent("stream_unreadable", { id: socket.id });
			socket.close(1011, "Open a new stream");
			return [];
		});
	}
}
