/** A user's notes, in the SQL database of the user's object. */

import type { Change } from "../mcp/change.ts";
import { hasTable } from "../mcp/has-table.ts";
import type { Remote } from "../mcp/user-state.ts";

/** If there are more notes, the oldest ones are dropped. */
export const MAX_NOTES = 1000;
export const MAX_NOTE_BYTES = 4096;
/** In characters. */
export const MAX_QUERY_LENGTH = 200;
/** How many notes are looked through for words while the user types. */
const NOTES_WITH_WORDS = 200;
/** Shorter ones say little. */
const WORD = /[\p{L}\p{N}]{3,40}/gu;
const MAX_TITLE_LENGTH = 60;
/** The limit exists because each note is searched for each word. */
const MAX_WORDS = 20;

/** The service that tools need to use notes. */
export type NotesService = { readonly notes: Remote<Notes> };

export type Note = {
	readonly id: number;
	readonly text: string;
	/** ISO 8601, UTC. */
	readonly createdAt: string;
};

/** SQLite itself folds the case of ASCII letters only. */
function fold(text: string): string {
	return text.normalize("NFKC").toLowerCase();
}

/** The address of a note as a resource. */
export function uriOf(id: number): string {
	return `notes://${id}`;
}

/** The number in a note's address; undefined if it can be none. */
export function idOf(text: string): number | undefined {
	return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}

/** A note's first line, shortened. */
export function titleOf(text: string): string {
	const [line = ""] = text.split(/\r?\n/);
	const characters = [...line];
	return characters.length > MAX_TITLE_LENGTH ? `${characters.slice(0, MAX_TITLE_LENGTH - 1).join("")}…` : line;
}

export class Notes {
	readonly #sql: SqlStorage;
	readonly #announce: (change: Change) => void;
	#isReady = false;

	constructor(sql: SqlStorage, announce: (change: Change) => void) {
		this.#sql = sql;
		this.#announce = announce;
	}

	/**
	 * Keeps a note. If there are too many, the oldest ones are dropped.
	 *
	 * @returns the note, how many there are now, and the ids of the dropped notes
	 */
	add(text: string): { note: Note; count: number; dropped: number[] } {
		// AUTOINCREMENT: the id of a deleted note is never used again.
		this.#sql.exec(
			"CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, folded TEXT NOT NULL, created_at TEXT NOT NULL)",
		);
		this.#isReady = true;
		const createdAt = new Date().toISOString();
		const insert = "INSERT INTO notes (text, folded, created_at) VALUES (?, ?, ?) RETURNING id";
		const { id } = this.#sql.exec<{ id: number }>(insert, text, fold(text), createdAt).one();
		const drop = "DELETE FROM notes WHERE id IN (SELECT id FROM notes ORDER BY id DESC LIMIT -1 OFFSET ?) RETURNING id";
		const dropped = this.#sql.exec<{ id: number }>(drop, MAX_NOTES).toArray();
		const { count } = this.#sql.exec<{ count: number }>("SELECT count(*) AS count FROM notes").one();
		this.#announce({ lists: ["resources"], resources: dropped.map((row) => uriOf(row.id)) });
		return { note: { id, text, createdAt }, count, dropped: dropped.map((row) => row.id) };
	}

	/** Notes that contain every word of a query, the newest first. If a query is long, only its first words count. */
	find(query: string, limit: number): { notes: Note[]; total: number } {
		if (!this.#exists()) return { notes: [], total: 0 };
		const words = [...new Set(fold(query).split(/\s+/))].slice(0, MAX_WORDS);
		// All words are passed in one parameter.
		const where = "WHERE NOT EXISTS (SELECT 1 FROM json_each(?) WHERE instr(folded, value) = 0)";
		const given = JSON.stringify(words);
		const { total } = this.#sql.exec<{ total: number }>(`SELECT count(*) AS total FROM notes ${where}`, given).one();
		const notes = this.#sql
			.exec<Note>(`SELECT id, text, created_at AS createdAt FROM notes ${where} ORDER BY id DESC LIMIT ?`, given, limit)
			.toArray();
		return { notes, total };
	}

	get(id: number): Note | undefined {
		if (!this.#exists()) return undefined;
		return this.#sql.exec<Note>("SELECT id, text, created_at AS createdAt FROM notes WHERE id = ?", id).toArray()[0];
	}

	/** @returns whether there was such a note */
	delete(id: number): boolean {
		if (!this.#exists()) return false;
		const isGone = this.#sql.exec("DELETE FROM notes WHERE id = ? RETURNING id", id).toArray().length > 0;
		if (isGone) this.#announce({ lists: ["resources"], resources: [uriOf(id)] });
		return isGone;
	}

	/** Ids that start with the typed text, the newest first. */
	ids(typed: string): number[] {
		if (!this.#exists()) return [];
		const query = "SELECT id FROM notes WHERE substr(id, 1, ?) = ? ORDER BY id DESC";
		const rows = this.#sql.exec<{ id: number }>(query, typed.length, typed);
		return rows.toArray().map(({ id }) => id);
	}

	/** Words of the newest notes that start with the typed text, those in most notes first. */
	words(typed: string): string[] {
		if (!this.#exists()) return [];
		const start = fold(typed);
		const query = "SELECT folded FROM notes WHERE instr(folded, ?) > 0 ORDER BY id DESC LIMIT ?";
		const counts = new Map<string, number>();
		for (const { folded } of this.#sql.exec<{ folded: string }>(query, start, NOTES_WITH_WORDS)) {
			for (const word of new Set(folded.match(WORD))) {
				if (word.startsWith(start)) counts.set(word, (counts.get(word) ?? 0) + 1);
			}
		}
		return [...counts].sort(([, one], [, other]) => other - one).map(([word]) => word);
	}

	/** Whether the table exists. Reading does not create it. */
	#exists(): boolean {
		this.#isReady ||= hasTable(this.#sql, "notes");
		return this.#isReady;
	}
}
