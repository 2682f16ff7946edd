/** Tells a user's clients what has changed of what the catalogue offers them; also those that are about to come back. */
import type { Rights } from "../../auth/principal.ts";
import type { Change, ChangeNotification } from "../change.ts";
import type { Catalogue } from "../definition.ts";
import { emptyEvent, eventOf, takesEmptyEvents } from "../event-stream.ts";
import { permits } from "../gate.ts";
import { resourcesAt } from "../message.ts";
import { Changes, type NumberedChange } from "./missed-changes.ts";
import { eventId, parseEventId } from "./outputs.ts";
import { type Port, type Socket, send } from "./port.ts";
import type { SessionTable } from "./session-table.ts";
import { STANDALONE_STREAM, type Stream, type Streams } from "./streams.ts";

export class Announcements {
	readonly #catalogue: Catalogue;
	readonly #sessions: SessionTable;
	readonly #streams: Streams;
	readonly #changes: Changes;

	constructor(port: Port, catalogue: Catalogue, sessions: SessionTable, streams: Streams) {
		this.#catalogue = catalogue;
		this.#sessions = sessions;
		this.#streams = streams;
		this.#changes = new Changes(port.sql, port.tidyIn);
	}

	/** A stream has opened: a client that is back hears what it missed. */
	opened(socket: Socket, { lastEventId, ...stream }: Stream): void {
		this.#changes.streamSeen();
		if (stream.kind !== "get") return;
		const last = lastEventId === undefined ? undefined : parseEventId(lastEventId);
		const begin = last?.stream === STANDALONE_STREAM ? last.sequence : this.#changes.newest;
		if (takesEmptyEvents(stream.version ?? null)) send(socket, emptyEvent(eventId(STANDALONE_STREAM, begin)));
		if (last?.stream !== STANDALONE_STREAM) return;
		for (const change of this.#changes.after(begin)) this.#tell(socket, stream, change);
	}

	/** A stream has closed; its client may be back. */
	closed(): void {
		this.#changes.streamSeen();
	}

	announce(change: Change): void {
		const streams = this.#streams.all();
		if (streams.length === 0 && !this.#changes.mayBeMissed) return;
		// One by one, so that each has an event id of its own.
		const { lists = [], resources = [] } = change;
		for (const part of [
			...lists.map((list) => ({ lists: [list] })),
			...resources.map((uri) => ({ resources: [uri] })),
		]) {
			const sequence = this.#changes.add(part);
			for (const [socket, stream] of streams) this.#tell(socket, stream, { ...part, sequence });
		}
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
}

/** What a client is told of a change: of lists that this server has, and of resources that it may read. */
function notificationsOf({ lists = [], resources = [] }: Change, catalogue: Catalogue, rights: Rights) {
	const offered = lists.filter((list) => catalogue[list].length > 0);
	const readable = resources.filter((uri) => resourcesAt(catalogue, uri).some((item) => permits(item, rights)));
	return [
		...offered.map((list): ChangeNotification => ({ method: `notifications/${list}/list_changed` })),
		...readable.map((uri): ChangeNotification => ({ method: "notifications/resources/updated", params: { uri } })),
	];
}
