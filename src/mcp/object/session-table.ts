/** The stored data of sessions: which have ended, their subscriptions, and their log levels. */
import type { LoggingLevel } from "@modelcontextprotocol/server";
import { hasTable } from "../has-table.ts";

const MAX_SUBSCRIPTIONS = 200;

/** The rows of a session are deleted when its id has expired. */
export class SessionTable {
	readonly #sql: SqlStorage;
	readonly #tidyIn: (seconds: number) => void;

	constructor(sql: SqlStorage, tidyIn: (seconds: number) => void) {
		this.#sql = sql;
		this.#tidyIn = tidyIn;
	}

	/** @param expiresAt when the session's id expires, in seconds since the epoch */
	end(session: string, expiresAt: number): void {
		this.#sql.exec("CREATE TABLE IF NOT EXISTS ended (session TEXT PRIMARY KEY, until INTEGER)");
		this.#sql.exec("INSERT OR REPLACE INTO ended VALUES (?, ?)", session, expiresAt);
		for (const table of ["subscriptions", "log_levels"]) {
			if (hasTable(this.#sql, table)) this.#sql.exec(`DELETE FROM ${table} WHERE session = ?`, session);
		}
		this.#tidyIn(secondsUntil(expiresAt));
	}

	hasEnded(session: string): boolean {
		return (
			hasTable(this.#sql, "ended") &&
			this.#sql.exec("SELECT 1 FROM ended WHERE session = ?", session).toArray().length > 0
		);
	}

	/** @returns false if the session already has the maximum of subscriptions */
	subscribe(session: string, uri: string, expiresAt: number): boolean {
		this.#sql.exec(
			"CREATE TABLE IF NOT EXISTS subscriptions (session TEXT, uri TEXT, until INTEGER, PRIMARY KEY (session, uri))",
		);
		const query = "SELECT count(*) AS count FROM subscriptions WHERE session = ? AND uri <> ?";
		const { count } = this.#sql.exec<{ count: number }>(query, session, uri).one();
		if (count >= MAX_SUBSCRIPTIONS) return false;
		this.#sql.exec("INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?)", session, uri, expiresAt);
		this.#tidyIn(secondsUntil(expiresAt));
		return true;
	}

	unsubscribe(session: string, uri: string): void {
		if (!hasTable(this.#sql, "subscriptions")) return;
		this.#sql.exec("DELETE FROM subscriptions WHERE session = ? AND uri = ?", session, uri);
	}

	isSubscribed(session: string, uri: string): boolean {
		if (!hasTable(this.#sql, "subscriptions")) return false;
		const query = "SELECT 1 FROM subscriptions WHERE session = ? AND uri = ?";
		return this.#sql.exec(query, session, uri).toArray().length > 0;
	}

	setLogLevel(session: string, level: LoggingLevel, expiresAt: number): void {
		this.#sql.exec("CREATE TABLE IF NOT EXISTS log_levels (session TEXT PRIMARY KEY, level TEXT, until INTEGER)");
		this.#sql.exec("INSERT OR REPLACE INTO log_levels VALUES (?, ?, ?)", session, level, expiresAt);
		this.#tidyIn(secondsUntil(expiresAt));
	}

	logLevel(session: string): LoggingLevel | undefined {
		if (!hasTable(this.#sql, "log_levels")) return undefined;
		const query = "SELECT level FROM log_levels WHERE session = ?";
		return this.#sql.exec<{ level: LoggingLevel }>(query, session).toArray()[0]?.level;
	}

	/** Deletes the rows of sessions whose ids have expired. @returns seconds until the next id expires */
	tidy(): number | undefined {
		const now = Date.now() / 1000;
		let next: number | undefined;
		for (const table of ["ended", "subscriptions", "log_levels"]) {
			if (!hasTable(this.#sql, table)) continue;
			this.#sql.exec(`DELETE FROM ${table} WHERE until <= ?`, now);
			const { until } = this.#sql.exec<{ until: number | null }>(`SELECT min(until) AS until FROM ${table}`).one();
			if (until !== null) next = Math.min(next ?? until, until);
		}
		return next === undefined ? undefined : secondsUntil(next);
	}
}

export const TOO_MANY_SUBSCRIPTIONS = `This session has ${MAX_SUBSCRIPTIONS} subscriptions already. End one first.`;

function secondsUntil(time: number): number {
	return Math.max(1, Math.ceil(time - Date.now() / 1000));
}
