/** Which of a user's sessions have an event stream open, and so can be told when something changes. */
import { hasTable } from "../has-table.ts";
import { type Change, sessionNamed } from "../mcp/session.ts";

/** More than anyone has clients; the oldest are forgotten. */
const MAX_STREAMS = 100;

export class Streams {
	readonly #env: Env;
	readonly #sql: SqlStorage;

	constructor(env: Env, sql: SqlStorage) {
		this.#env = env;
		this.#sql = sql;
	}

	add(session: string): void {
		this.#sql.exec("CREATE TABLE IF NOT EXISTS streams (session TEXT PRIMARY KEY)");
		this.#sql.exec("INSERT OR REPLACE INTO streams (session) VALUES (?)", session);
		this.#sql.exec(
			"DELETE FROM streams WHERE rowid IN (SELECT rowid FROM streams ORDER BY rowid DESC LIMIT -1 OFFSET ?)",
			MAX_STREAMS,
		);
	}

	/** Tells every open stream; those that are closed meanwhile are forgotten. */
	async announce(change: Change): Promise<void> {
		if (!this.#exists()) return;
		const rows = this.#sql.exec<{ id: number; session: string }>("SELECT rowid AS id, session FROM streams").toArray();
		await Promise.all(
			rows.map(async ({ id, session }) => {
				try {
					const isOpen = await sessionNamed(this.#env, session).announce(change);
					// By its row, since a stream that was opened again meanwhile has a new one.
					if (!isOpen) this.#sql.exec("DELETE FROM streams WHERE rowid = ?", id);
				} catch (error) {
					// It may be reached the next time.
					console.warn(JSON.stringify({ event: "session_not_told", cause: String(error) }));
				}
			}),
		);
	}

	#exists(): boolean {
		return hasTable(this.#sql, "streams");
	}
}
