/** The open event streams of a user's clients: who has them, and what each of them may be told. */
import { z } from "zod";
import type { Principal, Rights } from "../../auth/principal.ts";
import type { Catalogue } from "../../catalogue.ts";
import { logEvent } from "../../errors.ts";
import { PERMISSIONS, SCOPE_NAMES } from "../../scopes.ts";
import { type Change, notificationsOf } from "../change.ts";
import { emptyEvent, eventOf, takesEmptyEvents } from "../event-stream.ts";
import { asksSchema } from "../session-id.ts";
import { expiryMessage } from "../socket-stream.ts";
import { Changes, type NumberedChange } from "./missed-changes.ts";
import { eventId, parseEventId } from "./outputs.ts";
import { type Port, type Socket, send } from "./port.ts";
import type { SessionTable } from "./session-table.ts";

/** More than anyone has clients; of more, the oldest is closed. */
const MAX_STREAMS = 500;
/** The stream of a GET, in event ids. */
export const STANDALONE_STREAM = "_GET_stream";
const ALL = "all";

const streamSchema = z.object({
	/** A GET to `/mcp`, HTTP+SSE, or `subscriptions/listen` of 2026-07-28. */
	kind: z.enum(["get", "sse", "listen"]),
	session: z.string(),
	grantId: z.string(),
	scopes: z.array(z.enum(SCOPE_NAMES)),
	permissions: z.array(z.enum(PERMISSIONS)),
	/** Milliseconds since the epoch. */
	openedAt: z.number(),
	/** When the newest token that was seen on it ends; seconds since the epoch. */
	expiresAt: z.number().optional(),
	version: z.string().optional(),
	/** At `/sse`, once the client has initialized. */
	asks: asksSchema.optional(),
	lastEventId: z.string().optional(),
});

export type Stream = z.infer<typeof streamSchema>;

/** What a stream's request says of it, as the Worker wrote it. */
export function parseStream(text: string | null): Stream {
	return streamSchema.parse(JSON.parse(decodeURIComponent(text ?? "")));
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
	readonly #catalogue: Catalogue;
	readonly #sessions: SessionTable;
	readonly #changes: Changes;

	constructor(port: Port, catalogue: Catalogue, sessions: SessionTable) {
		this.#port = port;
		this.#catalogue = catalogue;
		this.#sessions = sessions;
		this.#changes = new Changes(port.sql, port.tidyIn);
	}

	/** Begins a stream; of a client that is back, with what it missed. */
	open(socket: Socket, stream: Stream): void {
		// One stream a session: a client that lost its connection takes over from the one that may still look open.
		for (const other of this.#port.sockets(sessionTag(stream.session))) {
			if (other.id !== socket.id) other.close(1000, "Replaced by a newer stream");
		}
		const { lastEventId, ...state } = stream;
		socket.setState(state);
		this.#closeOldest();
		this.#changes.streamSeen();
		if (stream.kind !== "get") return;
		const last = lastEventId === undefined ? undefined : parseEventId(lastEventId);
		const begin = last?.stream === STANDALONE_STREAM ? last.sequence : this.#changes.newest;
		if (takesEmptyEvents(stream.version ?? null)) send(socket, emptyEvent(eventId(STANDALONE_STREAM, begin)));
		if (last?.stream !== STANDALONE_STREAM) return;
		for (const change of this.#changes.after(begin)) this.#tell(socket, stream, change);
	}

	/** A stream has closed; its client may be back. @returns what the stream was, if that can be read */
	closed(state: unknown): Stream | undefined {
		this.#changes.streamSeen();
		return streamSchema.safeParse(state).data;
	}

	/** A token of the stream's grant was seen that lasts longer. */
	extend([socket, stream]: [Socket, Stream], { grantId, expiresAt }: Principal): Stream {
		if (grantId !== stream.grantId || expiresAt === undefined || expiresAt <= (stream.expiresAt ?? 0)) return stream;
		const extended = { ...stream, expiresAt };
		socket.setState(extended);
		send(socket, expiryMessage(expiresAt));
		return extended;
	}

	/** Tells all clients what has changed; also those that are about to come back. */
	announce(change: Change): void {
		const sockets = this.#open(ALL);
		if (sockets.length === 0 && !this.#changes.mayBeMissed) return;
		// One by one, so that each has an event id of its own.
		const { lists = [], resources = [] } = change;
		for (const part of [
			...lists.map((list) => ({ lists: [list] })),
			...resources.map((uri) => ({ resources: [uri] })),
		]) {
			const sequence = this.#changes.add(part);
			for (const [socket, stream] of sockets) this.#tell(socket, stream, { ...part, sequence });
		}
	}

	/** The stream of a session at `/sse`. */
	ofSse(session: string): [Socket, Stream] | undefined {
		return this.#open(sessionTag(session)).find(([, { kind }]) => kind === "sse");
	}

	endSession(session: string): void {
		for (const socket of this.#port.sockets(sessionTag(session))) socket.close(1000, "Session ended");
	}

	endGrant(grantId: string): void {
		for (const socket of this.#port.sockets(grantTag(grantId))) socket.close(1000, "Access has ended");
	}

	/** @returns whether something is left to tidy later */
	tidy(): boolean {
		return this.#changes.tidy();
	}

	#tell(socket: Socket, stream: Stream, { sequence, ...change }: NumberedChange): void {
		const { kind, session } = stream;
		const rights: Rights = stream;
		for (const notification of notificationsOf(change, this.#catalogue, rights)) {
			// At 2026-07-28 the Worker knows what the client listens for.
			if (kind === "listen") {
				send(socket, JSON.stringify(notification));
				continue;
			}
			if ("params" in notification && !this.#sessions.isSubscribed(session, notification.params.uri)) continue;
			const id = kind === "get" ? eventId(STANDALONE_STREAM, sequence) : undefined;
			send(socket, eventOf({ jsonrpc: "2.0", ...notification }, id));
		}
	}

	#open(tag: string): [Socket, Stream][] {
		return [...this.#port.sockets(tag)].flatMap((socket): [Socket, Stream][] => {
			const { data } = streamSchema.safeParse(socket.state);
			if (data) return [[socket, data]];
			logEvent("stream_unreadable", { id: socket.id });
			socket.close(1011, "Open a new stream");
			return [];
		});
	}

	#closeOldest(): void {
		const open = this.#open(ALL).sort(([, one], [, other]) => one.openedAt - other.openedAt);
		for (const [socket] of open.slice(0, Math.max(0, open.length - MAX_STREAMS))) {
			socket.close(1008, "Too many streams");
		}
	}
}
