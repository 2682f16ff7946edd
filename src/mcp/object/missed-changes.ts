/** The changes of the last minutes, for clients that were disconnected when they were announced. */
import { z } from "zod";
import { logEvent } from "../../errors.ts";
import type { Change } from "../change.ts";
import { hasTable } from "../has-table.ts";
import { RECONNECT_SECONDS, secondsUntilOld } from "./call-events.ts";
import { parseStored } from "./stored-json.ts";

const MAX_CHANGES = 100;

const changeSchema = z.object({
	lists: z.array(z.enum(["tools", "prompts", "resources"])).optional(),
	resources: z.array(z.string()).optional(),
});

export type NumberedChange = Change & { readonly sequence: number };

export class Changes {
	readonly #sql: SqlStorage;
	readonly #tidyIn: (seconds: number) => void;

	constructor(sql: SqlStorage, tidyIn: (seconds: number) => void) {
		this.#sql = sql;
		this.#tidyIn = tidyIn;
	}

	/** A stream has opened or closed. Its client may later reconnect and need missed changes. */
	streamSeen(): void {
		this.#sql.exec("CREATE TABLE IF NOT EXISTS listened (id INTEGER PRIMARY KEY, at INTEGER)");
		this.#sql.exec("INSERT OR REPLACE INTO listened VALUES (1, ?)", Date.now());
	}

	/** Whether a client that had a stream may still reconnect. */
	get mayBeMissed(): boolean {
		if (!hasTable(this.#sql, "listened")) return false;
		const [row] = this.#sql.exec<{ at: number }>("SELECT at FROM listened").toArray();
		return row !== undefined && row.at > Date.now() - RECONNECT_SECONDS * 1000;
	}

	/** The number of the newest change. Numbers keep growing when old changes are deleted. */
	get newest(): number {
		if (!hasTable(this.#sql, "changes")) return 0;
		const query = "SELECT seq FROM sqlite_sequence WHERE name = 'changes'";
		return this.#sql.exec<{ seq: number }>(query).toArray()[0]?.seq ?? 0;
	}

	/** Stores a change. @returns its number */
	add(change: Change): number {
		this.#sql.exec(
			"CREATE TABLE IF NOT EXISTS changes (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER, change TEXT)",
		);
		const insert = "INSERT INTO changes (at, change) VALUES (?, ?) RETURNING sequence";
		const { sequence } = this.#sql.exec<{ sequence: number }>(insert, Date.now(), JSON.stringify(change)).one();
		this.#sql.exec("DELETE FROM changes WHERE sequence <= ?", sequence - MAX_CHANGES);
		this.#tidyIn(RECONNECT_SECONDS);
		return sequence;
	}

	after(sequence: number): NumberedChange[] {
		if (!hasTable(this.#sql, "changes")) return [];
		const query = "SELECT sequence, change FROM changes WHERE sequence > ? ORDER BY sequence";
		const rows = this.#sql.exec<{ sequence: number; change: string }>(query, sequence).toArray();
		return rows.flatMap((row) => {
			const { data } = changeSchema.safeParse(parseStored(row.change));
			if (data) return [{ ...(data as Change), sequence: row.sequence }];
			logEvent("stored_change_unreadable", { sequence: row.sequence });
			return [];
		});
	}

	/** @returns seconds until others are too old; undefined if nothing is left */
	tidy(): number | undefined {
		if (!hasTable(this.#sql, "changes")) return undefined;
		this.#sql.exec("DELETE FROM changes WHERE at <= ?", Date.now() - RECONNECT_SECONDS * 1000);
		const { at } = this.#sql.exec<{ at: number | null }>("SELECT min(at) AS at FROM changes").one();
		return at === null ? undefined : secondsUntilOld(at);
	}
}
