/** What belongs to a user and not to a session: one Durable Object a user, named by the user's id. */
import { DurableObject } from "cloudflare:workers";
import type { Change } from "../mcp/session.ts";
import { type Note, Notes } from "./notes.ts";
import { Streams } from "./streams.ts";

export class UserObject extends DurableObject<Env> {
	readonly #notes = new Notes(this.ctx.storage.sql);
	readonly #streams = new Streams(this.env, this.ctx.storage.sql);

	/** Keeps a note; the oldest are dropped to make room. */
	async remember(text: string): Promise<{ note: Note; count: number; dropped: number[] }> {
		const kept = this.#notes.add(text);
		this.#announce({ lists: ["resources"], resources: kept.dropped.map(uriOf) });
		return kept;
	}

	/** Notes that contain every word of a query, the newest first, and how many there are in all. */
	async recall(query: string, limit: number): Promise<{ notes: Note[]; total: number }> {
		return this.#notes.find(query, limit);
	}

	/** @returns whether there was such a note */
	async forget(id: number): Promise<boolean> {
		const isGone = this.#notes.delete(id);
		if (isGone) this.#announce({ lists: ["resources"], resources: [uriOf(id)] });
		return isGone;
	}

	async readNote(id: number): Promise<Note | undefined> {
		return this.#notes.get(id);
	}

	async noteIds(typed: string, limit: number): Promise<number[]> {
		return this.#notes.ids(typed, limit);
	}

	/** A session of this user opened an event stream. */
	async addStream(session: string): Promise<void> {
		this.#streams.add(session);
	}

	/** What the user may see has changed. */
	async permissionsChanged(): Promise<void> {
		await this.#streams.announce({ lists: ["tools", "prompts", "resources"], resources: [] });
	}

	/** Nobody waits for it. */
	#announce(change: Change): void {
		this.ctx.waitUntil(this.#streams.announce(change));
	}
}

function uriOf(id: number): string {
	return `notes://${id}`;
}
