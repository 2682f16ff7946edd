/**
 * A user's records as the OAuth wrapper reads and writes them in the user's object. The object's database has the truth
 * about grants and their tokens. Workers KV has a copy of each token's record, from which requests are answered, and a
 * note of each grant, so that an administrator can find it. It has everything else, as usual.
 */
import { z } from "zod";
import { logError } from "../errors.ts";
import { currentRequestId } from "../http/request-id.ts";
import { hasTable } from "../mcp/has-table.ts";
import { guardedStorage, readRecord } from "./storage.ts";

const OWN = /^(grant|token):/;
const CLIENT = /^client:/;

const appSchema = z.object({
	name: z.string(),
	/** The domain of its metadata document, which it controls. */
	domain: z.string().optional(),
	/** Where its codes are sent. */
	redirectHost: z.string(),
});

/** The app of a grant. Unless it has a domain, nobody has verified its name. */
export type GrantedApp = z.infer<typeof appSchema>;

/** What the rest of the code needs of a grant's record, which is the wrapper's. */
const grantSchema = z.object({
	id: z.string(),
	userId: z.string(),
	clientId: z.string(),
	scope: z.array(z.string()),
	/** Seconds since the epoch, as all times here. */
	createdAt: z.number(),
	expiresAt: z.number().optional(),
	resource: z.string().optional(),
	redirectUri: z.string().optional(),
	refreshTokenId: z.string().optional(),
	previousRefreshTokenId: z.string().optional(),
	metadata: appSchema,
});

export type GrantRecord = z.infer<typeof grantSchema>;

type Row = { name: string; value: string; until: number };

/** Seconds. */
export type GrantLifetimes = {
	readonly accessTokenSeconds: number;
	/** How long a grant lives after its last refresh. */
	readonly idleSeconds: number;
	/** How long a grant lives at most. */
	readonly maxAgeSeconds: number;
};

/** Told when a grant has ended. A grant whose record cannot be read has no client. */
type Ended = (userId: string, grantId: string, clientId: string) => void;

export class GrantRecords {
	readonly #sql: SqlStorage;
	readonly #kv: KVNamespace;
	readonly #lifetimes: GrantLifetimes;
	readonly #ended: Ended;

	/** @param ended called when a grant has ended */
	constructor(sql: SqlStorage, kv: KVNamespace, lifetimes: GrantLifetimes, ended: Ended) {
		this.#sql = sql;
		this.#kv = guardedStorage(kv);
		this.#lifetimes = lifetimes;
		this.#ended = ended;
	}

	/** The namespace for the wrapper. */
	get namespace(): KVNamespace {
		const records = {
			get: (key: string, options?: KVNamespaceGetOptions<"json">) => this.#get(key, options),
			put: (key: string, value: string, options: KVNamespacePutOptions = {}) => this.#put(key, value, options),
			delete: (key: string) => this.#delete(key),
			list: async ({ prefix }: KVNamespaceListOptions = {}) => {
				return { keys: this.#names(prefix ?? "").map((name) => ({ name })), list_complete: true };
			},
		};
		return records as unknown as KVNamespace;
	}

	/** @returns undefined if there is none, or it cannot be read */
	grant(userId: string, grantId: string): GrantRecord | undefined {
		const name = `grant:${userId}:${grantId}`;
		const [row] = this.#rows(name);
		return row && grantSchema.safeParse(readRecord(name, row.value)).data;
	}

	/** The ids of all grants. */
	ids(): string[] {
		return this.#names("grant:").map((name) => name.slice(name.lastIndexOf(":") + 1));
	}

	/** The grants whose code was exchanged, the newest first. */
	grants(): GrantRecord[] {
		return this.#names("grant:")
			.flatMap((name) => this.#rows(name))
			.flatMap(({ name, value }) => grantSchema.safeParse(readRecord(name, value)).data ?? [])
			.filter(({ refreshTokenId }) => refreshTokenId !== undefined)
			.sort((one, other) => other.createdAt - one.createdAt);
	}

	/** The record of an access token. */
	token(name: string): unknown {
		const [row] = name.startsWith("token:") ? this.#rows(name) : [];
		return row ? readRecord(name, row.value) : null;
	}

	/** Keeps a client's record with the grants that it has. @param record as it is in Workers KV */
	keepClient(clientId: string, record: string): void {
		this.#set(`client:${clientId}`, record, 0);
	}

	/** Deletes expired records. @returns when the next one expires */
	tidy(): number | undefined {
		if (!hasTable(this.#sql, "grant_records")) return undefined;
		const query = "SELECT name FROM grant_records WHERE until <> 0 AND until <= ?";
		const expired = this.#sql.exec<{ name: string }>(query, Date.now() / 1000).toArray();
		for (const { name } of expired) this.#deleteHere(name);
		const next = "SELECT min(until) AS until FROM grant_records WHERE until <> 0";
		return this.#sql.exec<{ until: number | null }>(next).one().until ?? undefined;
	}

	async #get(key: string, options?: KVNamespaceGetOptions<"json">): Promise<unknown> {
		if (!OWN.test(key)) {
			const found: unknown = await this.#kv.get(key, options as KVNamespaceGetOptions<"json">);
			const [kept] = found === null && CLIENT.test(key) ? this.#rows(key) : [];
			return kept ? readRecord(key, kept.value) : found;
		}
		const [row] = this.#rows(key);
		if (!row || row.until <= Date.now() / 1000) return null;
		return readRecord(key, row.value);
	}

	async #put(key: string, value: string, options: KVNamespacePutOptions): Promise<void> {
		if (!OWN.test(key)) return this.#kv.put(key, value, options);
		const until = options.expiration ?? Math.floor(Date.now() / 1000) + (options.expirationTtl ?? 0);
		this.#set(key, value, until);
		if (key.startsWith("token:")) return this.#kv.put(key, value, options);
		await this.#note(key, grantSchema.parse(JSON.parse(value)), options);
	}

	/**
	 * Notes a grant in Workers KV, without its secrets, for so long that few refreshes have to write the note again. It
	 * is not needed for the grant to work.
	 */
	async #note(key: string, grant: GrantRecord, { metadata }: KVNamespacePutOptions): Promise<void> {
		const { id, userId, clientId, scope, createdAt, expiresAt, resource, redirectUri, refreshTokenId } = grant;
		const { idleSeconds, maxAgeSeconds } = this.#lifetimes;
		if (refreshTokenId === undefined || expiresAt === undefined) return;
		const noted = this.#rows(noteOf(key))[0]?.until ?? 0;
		if (noted >= expiresAt) return;
		const until = Math.max(
			expiresAt,
			Math.min(createdAt + maxAgeSeconds, Math.floor(Date.now() / 1000) + 2 * idleSeconds),
		);
		const note = { id, userId, clientId, scope, createdAt, expiresAt: until, resource, redirectUri };
		try {
			await this.#kv.put(key, JSON.stringify(note), { expiration: until, metadata });
			this.#set(noteOf(key), "", until);
		} catch (error) {
			logError("grant_not_noted", error, currentRequestId());
		}
	}

	async #delete(key: string): Promise<void> {
		// A token's record is deleted here last: if Workers KV fails, the next attempt finds it again.
		if (!key.startsWith("grant:")) await this.#kv.delete(key);
		if (!OWN.test(key)) return;
		this.#deleteHere(key);
		if (key.startsWith("grant:")) await this.#kv.delete(key);
	}

	#deleteHere(name: string): void {
		const [row] = this.#rows(name);
		if (!row) return;
		for (const one of [name, noteOf(name)]) this.#sql.exec("DELETE FROM grant_records WHERE name = ?", one);
		const [, userId, grantId] = /^grant:([^:]+):([^:]+)$/.exec(name) ?? [];
		if (userId === undefined || grantId === undefined) return;
		this.#dropClients();
		this.#ended(userId, grantId, grantSchema.safeParse(readRecord(name, row.value)).data?.clientId ?? "");
	}

	/** Forgets the clients that have no grant any more. */
	#dropClients(): void {
		const needed = new Set(
			this.#names("grant:")
				.flatMap((name) => this.#rows(name))
				.map(({ name, value }) => `client:${grantSchema.safeParse(readRecord(name, value)).data?.clientId}`),
		);
		for (const name of this.#names("client:")) {
			if (!needed.has(name)) this.#sql.exec("DELETE FROM grant_records WHERE name = ?", name);
		}
	}

	#set(name: string, value: string, until: number): void {
		this.#sql.exec("CREATE TABLE IF NOT EXISTS grant_records (name TEXT PRIMARY KEY, value TEXT, until INTEGER)");
		this.#sql.exec("INSERT OR REPLACE INTO grant_records VALUES (?, ?, ?)", name, value, until);
	}

	#rows(name: string): Row[] {
		if (!hasTable(this.#sql, "grant_records")) return [];
		return this.#sql.exec<Row>("SELECT * FROM grant_records WHERE name = ?", name).toArray();
	}

	#names(prefix: string): string[] {
		if (!hasTable(this.#sql, "grant_records")) return [];
		const query = "SELECT name FROM grant_records WHERE substr(name, 1, ?) = ? ORDER BY name";
		return this.#sql
			.exec<{ name: string }>(query, prefix.length, prefix)
			.toArray()
			.map(({ name }) => name);
	}
}

/** The name of the row that says until when a grant is noted in Workers KV. */
const noteOf = (key: string) => `noted:${key}`;
