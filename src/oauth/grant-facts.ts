/** What is known of a user's grants beside the wrapper's records, in the user's object. */
import { sha256 } from "../auth/sha256.ts";
import { hasTable } from "../mcp/has-table.ts";

type Row = {
	/** The SHA-256 of the newest upstream access token. */
	upstream: string | null;
	/** When the grant was refreshed last, in seconds since the epoch. */
	refreshed: number | null;
};

export class GrantFacts {
	readonly #sql: SqlStorage;

	constructor(sql: SqlStorage) {
		this.#sql = sql;
	}

	/** A code was exchanged, or a grant was refreshed. */
	async exchanged(grantId: string, upstreamToken: string | undefined, isRefresh: boolean): Promise<void> {
		const upstream = upstreamToken === undefined ? null : await sha256(upstreamToken);
		const refreshed = isRefresh ? Math.floor(Date.now() / 1000) : null;
		this.#sql.exec(
			"CREATE TABLE IF NOT EXISTS grant_facts (grant_id TEXT PRIMARY KEY, upstream TEXT, refreshed INTEGER)",
		);
		this.#sql.exec("INSERT OR REPLACE INTO grant_facts VALUES (?, ?, ?)", grantId, upstream, refreshed);
	}

	/** @returns undefined if the grant's code was not exchanged */
	of(grantId: string): Row | undefined {
		if (!hasTable(this.#sql, "grant_facts")) return undefined;
		const query = "SELECT upstream, refreshed FROM grant_facts WHERE grant_id = ?";
		return this.#sql.exec<Row>(query, grantId).toArray()[0];
	}

	forget(grantId: string): void {
		if (hasTable(this.#sql, "grant_facts")) this.#sql.exec("DELETE FROM grant_facts WHERE grant_id = ?", grantId);
	}
}
