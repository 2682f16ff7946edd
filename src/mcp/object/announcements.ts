/** Notifies a user's clients of changes, including clients that reconnect within the next minutes. */
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

	/** A stream has opened. If the client has reconnected, it gets the changes that it missed. */
	opened(socket: Socket, { lastEventId, ...stream }: Stream): void {
		this.#changes.streamSeen();
		if (stream.kind !== "get") return;
		const last = lastEventId === undefined ? undefined : parseEventId(lastEventId);
		const begin = last?.stream === STANDALONE_STREAM ? last.sequence : this.#changes.newest;
		if (takesEmptyEvents(stream.version ?? null)) send(socket, emptyEvent(eventId(STANDALONE_STREAM, begin)));
		if (last?.stream !== STANDALONE_STREAM) return;
		for (const change of this.#changes.after(begin)) this.#tell(socket, stream, change);
	}

	/** A stream has closed. Its client may reconnect. */
	closed(): void {
		this.#changes.streamSeen();
	}

	announce(change: Change): void {
		const streams = this.#streams.all();
		if (streams.length === 0 && !this.#changes.mayBeMissed) return;
		// Announce each part separately, so that it gets its own event id.
		const { lists = [], resources = [] } = change;
		for (const part of [
			...lists.map((list) => ({ lists: [list] })),
			...resources.map((uri) => ({ resources: [uri] })),
		]) {
			const sequence = this.#changes.add(part);
			for (const [socket, stream] of streams) this.#tell(socket, stream, { ...part, sequence });
		}
	}

	/** @returns seconds until something is left to tidy; undefined if nothing is */
	tidy(): number | undefined {
		return this.#changes.tidy();
	}

	#tell(socket: Socket, stream: Stream, { sequence, ...change }: NumberedChange): void {
		const { kind, session } = stream;
		const rights: Rights = stream;
		for (const notification of notificationsOf(change, this.#catalogue, rights)) {
			// In version 2026-07-28, the Worker knows the client's subscriptions.
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

/** The notifications of a change: for lists that are not empty, and for resources that the client may read. */
function notificationsOf({ lists = [], resources = [] }: Change, catalogue: Catalogue, rights: Rights) {
	const offered = lists.filter((list) => catalogue[list].length > 0);
	const readable = resources.filter((uri) => resourcesAt(catalogue, uri).some((item) => permits(item, rights)));
	return [
		...offered.map((list): ChangeNotification => ({ method: `notifications/${list}/list_changed` })),
		...readable.map((uri): ChangeNotification => ({ method: "notifications/resources/updated", params: { uri } })),
	];
}
