/** What a user's object keeps, for tests that start from a known state. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { z } from "zod";
import type { RemoteMcp } from "../../src/index.ts";
import { stateOf } from "../../src/mcp/user-state.ts";
import { Notes } from "../../src/notes/notes.ts";
import { type Era, type EraClient, openEra } from "../support/eras.ts";
import { evict, objectOf } from "../support/objects.ts";
import type { Answer, Message } from "../support/wire.ts";
import { signIn } from "../support/worker.ts";

/** As the tools reach them. */
export const notesOf = (userId: string) => stateOf({ notes: Notes }, env, userId).notes;

/** Makes these a user's only notes, numbered from 1. */
export async function setNotes(userId: string, notes: readonly string[]): Promise<void> {
	const stub = objectOf(userId);
	await runInDurableObject(stub, (_instance: RemoteMcp, { storage }) => storage.deleteAll());
	// It remembers that it made its tables.
	await evict(userId);
	await addNotes(userId, notes);
}

export async function addNotes(userId: string, notes: readonly string[]): Promise<void> {
	for (const note of notes) await notesOf(userId).add(note);
}

/** Makes these a user's only notes, for a row that takes them for granted. */
export const withNotes = (notes: readonly string[]) => (userId: string) => setNotes(userId, notes);

/** From now on, whatever reads or writes a note fails, until they are set again. */
export function breakNotes(userId: string): Promise<void> {
	return runInDurableObject(objectOf(userId), (_instance: RemoteMcp, { storage }) => {
		storage.sql.exec("DROP TABLE IF EXISTS notes");
		storage.sql.exec("CREATE TABLE notes (broken TEXT)");
	});
}

/** A client of the person with this address; each signs in on its own. */
export async function openNotes(email: string, era: Era = "2025-11-25"): Promise<EraClient> {
	const { access_token: token } = await signIn({ email, resource: null, clientName: era });
	return openEra(era, { token });
}

export function useTool(client: EraClient, name: string, args: Message = {}): Promise<Answer> {
	return client.request("tools/call", { name, arguments: args });
}

const recalled = z.object({
	result: z.object({ structuredContent: z.object({ notes: z.array(z.object({ text: z.string() })) }) }),
});

/** The texts of the notes that contain every word of a query. */
export async function recallTexts(client: EraClient, query = ""): Promise<string[]> {
	const answer = await useTool(client, "recall", { query });
	return recalled.parse(answer).result.structuredContent.notes.map(({ text }) => text);
}
