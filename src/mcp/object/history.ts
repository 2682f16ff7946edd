/** What happened to a user's grants, and the long calls made in their name: for the user, in their object. */
import { hasTable } from "../has-table.ts";

const MAX_ROWS = 500;
const MAX_AGE_SECONDS = 90 * 24 * 60 * 60;

export type HistoryEntry = {
	readonly event: string;
	/** The id of the OAuth client. */
	readonly client: string;
	readonly grant: string;
	/** The tool that was called, if it was a call. */
	readonly tool?: string | undefined;
	/** How it ended, or why. */
	readonly outcome?: string | undefined;
};

/** An entry, and its time in seconds since the epoch. */
export type DatedEntry = HistoryEntry & { readonly at: number };

type Row = { at: number; event: string; client: string; grant_id: string; tool: string | null; outcome: string | null };

export class History {
	readonly #sql: SqlStorage;

	constructor(sql: SqlStorage) {
		this.#sql = sql;
	}

	add({ event, client, grant, tool, outcome }: HistoryEntry): void {
		this.#sql.exec(
			"CREATE TABLE IF NOT EXISTS user_history (id INTEGER PRIMARY KEY, at INTEGER, event TEXT, client TEXT, grant_id TEXT, tool TEXT, outcome TEXT)",
		);
		const now = Math.floor(Date.now() / 1000);
		const insert = "INSERT INTO user_history (at, event, client, grant_id, tool, outcome) VALUES (?, ?, ?, ?, ?, ?)";
		const { id } = this.#sql
			.exec<{ id: number }>(`${insert} RETURNING id`, now, event, client, grant, tool ?? null, outcome ?? null)
			.one();
		this.#sql.exec("DELETE FROM user_history WHERE id <= ? OR at < ?", id - MAX_ROWS, now - MAX_AGE_SECONDS);
	}

	/** The newest first. */
	entries(): DatedEntry[] {
		if (!hasTable(this.#sql, "user_history")) return [];
		return this.#sql
			.exec<Row>("SELECT at, event, client, grant_id, tool, outcome FROM user_history ORDER BY id DESC")
			.toArray()
			.map(({ grant_id, tool, outcome, ...row }) => ({
				...row,
				grant: grant_id,
				tool: tool ?? undefined,
				outcome: outcome ?? undefined,
			}));
	}
}
