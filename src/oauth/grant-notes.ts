/**
 * The notes of grants in Workers KV. They list the grants of all users, and can be a minute behind the users' objects,
 * which are authoritative.
 */
import { z } from "zod";
import { logWarning } from "../errors.ts";
import { currentRequestId } from "../http/request-id.ts";
import { type GrantLifetimes, type GrantRecord, grantSchema } from "./grant-record.ts";
import { reach } from "./storage.ts";

const noteSchema = grantSchema
	.pick({ id: true, userId: true, clientId: true, scope: true, createdAt: true, resource: true, redirectUri: true })
	.extend({
		/** When the grant ends at the latest if the client does not refresh. */
		expiresAt: z.number(),
	});

export type GrantNote = z.infer<typeof noteSchema>;

/**
 * Writes the note of a grant, without the grant's secrets. The note outlasts the grant's next refreshes, so that few of
 * them have to write it again.
 *
 * @param metadata the metadata that the OAuth wrapper stores with a grant's key
 * @returns when the note expires, in seconds since the epoch
 */
export async function writeNote(
	kv: KVNamespace,
	grant: GrantRecord & { readonly expiresAt: number },
	{ idleSeconds, maxAgeSeconds }: GrantLifetimes,
	metadata: unknown,
): Promise<number> {
	const twiceIdle = Math.floor(Date.now() / 1000) + 2 * idleSeconds;
	const expiration = Math.max(grant.expiresAt, Math.min(grant.createdAt + maxAgeSeconds, twiceIdle));
	const note = noteSchema.parse({ ...grant, expiresAt: expiration });
	await kv.put(`grant:${grant.userId}:${grant.id}`, JSON.stringify(note), { expiration, metadata });
	return expiration;
}

/** The key of a note. Its name and metadata are in a list already, without a read. */
export type NoteKey = {
	readonly name: string;
	readonly user: string;
	readonly grant: string;
	/** Undefined if the key's metadata did not have room for it. */
	readonly client: string | undefined;
};

const metadataSchema = z.object({ clientId: z.string() });

/** @returns undefined if the name is not that of a note */
export function parseNoteName(name: string): Pick<NoteKey, "user" | "grant"> | undefined {
	const [, user, grant] = /^grant:([^:]+):([^:]+)$/.exec(name) ?? [];
	return user === undefined || grant === undefined ? undefined : { user, grant };
}

/**
 * A page of the notes of all users.
 *
 * @param cursor of the page before; undefined for the first page
 * @returns the keys, and the cursor of the next page if there is one
 * @throws OAuthError if storage does not answer
 */
export async function listNotes(
	env: Env,
	cursor: string | undefined,
	limit: number,
): Promise<{ readonly keys: readonly NoteKey[]; readonly cursor?: string }> {
	const page = await reach(env, () => env.OAUTH_KV.list({ prefix: "grant:", limit, cursor: cursor ?? null }));
	const keys = page.keys.flatMap(({ name, metadata }): NoteKey[] => {
		const whose = parseNoteName(name);
		return whose ? [{ name, ...whose, client: metadataSchema.safeParse(metadata).data?.clientId }] : [];
	});
	return page.list_complete ? { keys } : { keys, cursor: page.cursor };
}

/**
 * Reads up to 100 records in one operation.
 *
 * @returns the texts of those that exist, in the order of their names
 * @throws OAuthError if storage does not answer
 */
export async function readTexts(env: Env, names: readonly string[]): Promise<[name: string, text: string][]> {
	if (names.length === 0) return [];
	const texts = await reach(env, () => env.OAUTH_KV.get([...names]));
	return names.flatMap((name): [string, string][] => {
		const text = texts.get(name);
		return typeof text === "string" ? [[name, text]] : [];
	});
}

/** @returns undefined for a note that cannot be read, with a line in the log */
export function parseNote(text: string): GrantNote | undefined {
	const { data, error } = noteSchema.safeParse(parseJson(text));
	if (error) {
		const cause = z.prettifyError(error);
		logWarning("record_unreadable", { kind: "grant note", requestId: currentRequestId(), cause });
	}
	return data;
}

export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
