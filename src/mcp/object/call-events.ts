/**
 * Stores the events of calls for some minutes. If a client loses its connection, it can fetch the rest with
 * Last-Event-ID (MCP 2025-11-25, transports, resumability).
 */
import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Rights } from "../../auth/principal.ts";
import { logEvent } from "../../errors.ts";
import { type Gated, permits } from "../gate.ts";
import { hasTable } from "../has-table.ts";
import { parseStored } from "./stored-json.ts";

/** How long a client may take to reconnect. */
export const RECONNECT_SECONDS = 10 * 60;
/** What has become too old is deleted at intervals, because each alarm costs a request. */
const TIDY_INTERVAL_SECONDS = 60;

/** @param at milliseconds since the epoch */
export function secondsUntilOld(at: number): number {
	return Math.max(TIDY_INTERVAL_SECONDS, RECONNECT_SECONDS + Math.ceil((at - Date.now()) / 1000));
}
const MAX_EVENTS = 1000;
const MAX_BYTES = 16 * 1024 * 1024;
/** A little less than the maximum size of a database row. */
const MAX_EVENT_BYTES = 1_900_000;

/** A stored call. `needs` lists the scopes and permissions that a token needs to read its events. */
const callSchema = z.object({
	session: z.string(),
	needs: z.array(z.object({ name: z.string(), scope: z.string(), requires: z.string().optional() })),
	requests: z.array(z.union([z.string(), z.number()])),
	isComplete: z.number(),
});

export type StoredCall = {
	readonly session: string;
	readonly needs: readonly Gated[];
	readonly requests: readonly RequestId[];
};

/** A message, and the JSON text that was sent. */
export type StoredEvent = { readonly sequence: number; readonly message: JSONRPCMessage; readonly text: string };

export class Events {
	readonly #sql: SqlStorage;
	readonly #tidyIn: (seconds: number) => void;

	constructor(sql: SqlStorage, tidyIn: (seconds: number) => void) {
		this.#sql = sql;
		this.#tidyIn = tidyIn;
	}

	/** Begins to keep the events of a call. */
	begin(id: string, { session, needs, requests }: StoredCall): void {
		this.#sql.exec(
			"CREATE TABLE IF NOT EXISTS calls (id TEXT PRIMARY KEY, session TEXT, at INTEGER, complete INTEGER, made_under TEXT)",
		);
		const madeUnder = JSON.stringify({ needs, requests });
		this.#sql.exec("INSERT INTO calls VALUES (?, ?, ?, 0, ?)", id, session, Date.now(), madeUnder);
		this.#tidyIn(RECONNECT_SECONDS);
	}

	/** Stores an event. If there are too many events, or they are too large, the oldest ones are dropped. */
	add(call: string, sequence: number, text: string): void {
		const bytes = new TextEncoder().encode(text).length;
		// If the client resumes the stream, it is told that the answer was lost.
		if (bytes > MAX_EVENT_BYTES) return;
		this.#sql.exec(
			"CREATE TABLE IF NOT EXISTS sent (call TEXT, sequence INTEGER, at INTEGER, bytes INTEGER, message TEXT)",
		);
		this.#sql.exec("INSERT INTO sent VALUES (?, ?, ?, ?, ?)", call, sequence, Date.now(), bytes, text);
		const drop =
			"DELETE FROM sent WHERE rowid IN (SELECT rowid FROM (SELECT rowid, row_number() OVER newest AS count, sum(bytes) OVER newest AS total FROM sent WINDOW newest AS (ORDER BY rowid DESC)) WHERE count > ? OR total > ?)";
		this.#sql.exec(drop, MAX_EVENTS, MAX_BYTES);
	}

	/** All requests of the call are answered. */
	complete(id: string): void {
		this.#sql.exec("UPDATE calls SET complete = 1, at = ? WHERE id = ?", Date.now(), id);
	}

	/** The call of this session, if these rights are enough to read it; otherwise undefined. */
	call(id: string, session: string, rights: Rights): (StoredCall & { readonly isComplete: boolean }) | undefined {
		if (!hasTable(this.#sql, "calls")) return undefined;
		const query =
			"SELECT session, complete AS isComplete, made_under AS madeUnder FROM calls WHERE id = ? AND session = ?";
		const [row] = this.#sql.exec<{ madeUnder: string }>(query, id, session).toArray();
		if (!row) return undefined;
		const { data } = callSchema.safeParse({ ...row, ...Object(parseStored(row.madeUnder)) });
		if (!data) {
			logEvent("stored_call_unreadable", { id });
			return undefined;
		}
		const needs = data.needs as readonly Gated[];
		if (!needs.every((item) => permits(item, rights))) return undefined;
		return { session, needs, requests: data.requests, isComplete: data.isComplete === 1 };
	}

	/** The events of a call after one of them, in their order. */
	after(call: string, sequence: number): StoredEvent[] {
		if (!hasTable(this.#sql, "sent")) return [];
		const query = "SELECT sequence, message AS text FROM sent WHERE call = ? AND sequence > ? ORDER BY sequence";
		const rows = this.#sql.exec<{ sequence: number; text: string }>(query, call, sequence).toArray();
		return rows.flatMap((row) => {
			const message: object = Object(parseStored(row.text));
			if ("jsonrpc" in message) return [{ ...row, message: message as JSONRPCMessage }];
			logEvent("stored_event_unreadable", { call, sequence: row.sequence });
			return [];
		});
	}

	/** Whether a call with this id is stored. */
	has(id: string): boolean {
		return hasTable(this.#sql, "calls") && this.#sql.exec("SELECT 1 FROM calls WHERE id = ?", id).toArray().length > 0;
	}

	/** The incomplete calls of a session: the ids of their requests, and the names of the items that these use. */
	incomplete(session: string): { id: string; requests: readonly RequestId[]; names: readonly string[] }[] {
		if (!hasTable(this.#sql, "calls")) return [];
		const query = "SELECT id, made_under AS madeUnder FROM calls WHERE session = ? AND complete = 0";
		const rows = this.#sql.exec<{ id: string; madeUnder: string }>(query, session).toArray();
		return rows.flatMap(({ id, madeUnder }) => {
			const { data } = callSchema.pick({ needs: true, requests: true }).safeParse(parseStored(madeUnder));
			return data ? [{ id, requests: data.requests, names: data.needs.map(({ name }) => name) }] : [];
		});
	}

	deleteSession(session: string): void {
		if (!hasTable(this.#sql, "calls")) return;
		if (hasTable(this.#sql, "sent")) {
			this.#sql.exec("DELETE FROM sent WHERE call IN (SELECT id FROM calls WHERE session = ?)", session);
		}
		this.#sql.exec("DELETE FROM calls WHERE session = ?", session);
	}

	/**
	 * Deletes the events and calls that are too old to be resumed.
	 *
	 * @param running the ids of calls that still run, whose events are kept
	 * @returns seconds until others are too old; undefined if nothing is left
	 */
	tidy(running: readonly string[]): number | undefined {
		const before = Date.now() - RECONNECT_SECONDS * 1000;
		let oldest: number | undefined;
		for (const [table, call] of [
			["sent", "call"],
			["calls", "id"],
		]) {
			if (!table || !hasTable(this.#sql, table)) continue;
			const old = `at <= ? AND ${call} NOT IN (SELECT value FROM json_each(?))`;
			this.#sql.exec(`DELETE FROM ${table} WHERE ${old}`, before, JSON.stringify(running));
			const { at } = this.#sql.exec<{ at: number | null }>(`SELECT min(at) AS at FROM ${table}`).one();
			if (at !== null) oldest = Math.min(oldest ?? at, at);
		}
		return oldest === undefined ? undefined : secondsUntilOld(oldest);
	}
}
