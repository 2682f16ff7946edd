/** Events of a session's streams, in the SQL database of its object, for the minutes in which a client may come back. */
import { hasTable } from "../has-table.ts";
import { RECONNECT_SECONDS } from "./session-record.ts";

const MAX_EVENTS = 100;
const MAX_BYTES = 16 * 1024 * 1024;
/** What one row of the database holds, less some room. */
const MAX_EVENT_BYTES = 1_900_000;

export type StoredEventsOptions = {
	readonly sql: SqlStorage;
	/** Whether the session goes on; nothing is stored for one that has ended. */
	readonly isOpen: () => boolean;
	/** Has `deleteOld` called after some seconds. */
	readonly deleteLater: (seconds: number) => void;
};

export class StoredEvents {
	readonly #options: StoredEventsOptions;
	/** Whether somebody will call `deleteOld`. */
	#isScheduled = false;

	constructor(options: StoredEventsOptions) {
		this.#options = options;
	}

	/** Stores an event, and drops the oldest when there are too many, or they are too large. */
	add(stream: string, sequence: number, text: string): void {
		const { sql, isOpen, deleteLater } = this.#options;
		const bytes = new TextEncoder().encode(text).length;
		if (!isOpen() || bytes > MAX_EVENT_BYTES) return;
		sql.exec(
			"CREATE TABLE IF NOT EXISTS sent (stream TEXT, sequence INTEGER, sent_at INTEGER, bytes INTEGER, message TEXT, UNIQUE (stream, sequence))",
		);
		sql.exec("INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?, ?)", stream, sequence, Date.now(), bytes, text);
		const rows = sql.exec<{ id: number; bytes: number }>("SELECT rowid AS id, bytes FROM sent ORDER BY rowid DESC");
		let total = 0;
		for (const [index, row] of rows.toArray().entries()) {
			total += row.bytes;
			if (index < MAX_EVENTS && total <= MAX_BYTES) continue;
			sql.exec("DELETE FROM sent WHERE rowid <= ?", row.id);
			break;
		}
		if (this.#isScheduled) return;
		this.#isScheduled = true;
		deleteLater(RECONNECT_SECONDS);
	}

	has(stream: string): boolean {
		if (!this.#exists()) return false;
		return this.#options.sql.exec("SELECT 1 FROM sent WHERE stream = ? LIMIT 1", stream).toArray().length > 0;
	}

	/** The events of a stream after one of them, in their order. */
	after(stream: string, sequence: number): { sequence: number; text: string }[] {
		if (!this.#exists()) return [];
		const query = "SELECT sequence, message AS text FROM sent WHERE stream = ? AND sequence > ? ORDER BY sequence";
		return this.#options.sql.exec<{ sequence: number; text: string }>(query, stream, sequence).toArray();
	}

	/** Deletes what no client comes back for any more. */
	deleteOld(): void {
		this.#isScheduled = false;
		if (!this.#exists()) return;
		const { sql, deleteLater } = this.#options;
		sql.exec("DELETE FROM sent WHERE sent_at <= ?", Date.now() - RECONNECT_SECONDS * 1000);
		if (sql.exec("SELECT 1 FROM sent LIMIT 1").toArray().length === 0) return;
		this.#isScheduled = true;
		deleteLater(RECONNECT_SECONDS);
	}

	#exists(): boolean {
		return hasTable(this.#options.sql, "sent");
	}
}
