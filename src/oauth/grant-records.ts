/**
 * A user's records, in the form in which the OAuth wrapper reads and writes them. The object's database is authoritative
 * for grants and their tokens. Workers KV stores a copy of each token's record, which requests read, a note of each
 * grant, which operators list, and all other records.
 */
import { logError } from "../errors.ts";
import { currentRequestId } from "../http/request-id.ts";
import { hasTable } from "../mcp/has-table.ts";
import { parseNoteName, writeNote } from "./grant-notes.ts";
import { type GrantLifetimes, type GrantRecord, grantSchema } from "./grant-record.ts";
import { guardedStorage, readRecord } from "./storage.ts";

const OWN = /^(grant|token):/;
const CLIENT = /^client:/;

type Row = { name: string; value: string; until: number };

/** Called when a grant has ended. The client id is empty if the record could not be read. */
type Ended = (userId: string, grantId: string, clientId: string) => void;

export class GrantRecords {
	readonly #sql: SqlStorage;
	readonly #kv: KVNamespace;
	readonly #lifetimes: GrantLifetimes;
	readonly #ended: Ended;

	/** @param ended called when a grant has ended */
	constructor(sql: SqlStorage, env: Env, lifetimes: GrantLifetimes, ended: Ended) {
		this.#sql = sql;
		this.#kv = guardedStorage(env);
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
		return this.#grantNamed(`grant:${userId}:${grantId}`);
	}

	/** The ids of all grants. */
	ids(): string[] {
		return this.#names("grant:").map((name) => name.slice(name.lastIndexOf(":") + 1));
	}

	/** The grants whose code was exchanged, the newest first. */
	grants(): GrantRecord[] {
		return this.#names("grant:")
			.flatMap((name) => this.#grantNamed(name) ?? [])
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

	/** Notes a grant in Workers KV, unless it is noted for long enough. The grant works without its note. */
	async #note(key: string, grant: GrantRecord, { metadata }: KVNamespacePutOptions): Promise<void> {
		const { refreshTokenId, expiresAt } = grant;
		if (refreshTokenId === undefined || expiresAt === undefined) return;
		if ((this.#rows(noteOf(key))[0]?.until ?? 0) >= expiresAt) return;
		try {
			this.#set(noteOf(key), "", await writeNote(this.#kv, { ...grant, expiresAt }, this.#lifetimes, metadata));
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
		const whose = parseNoteName(name);
		const clientId = whose && this.#grantNamed(name)?.clientId;
		if (this.#rows(name).length === 0) return;
		for (const one of [name, noteOf(name)]) this.#sql.exec("DELETE FROM grant_records WHERE name = ?", one);
		if (!whose) return;
		this.#dropClients();
		this.#ended(whose.user, whose.grant, clientId ?? "");
	}

	/** Deletes the records of the clients that no grant needs any more. */
	#dropClients(): void {
		const needed = new Set(this.#names("grant:").map((name) => `client:${this.#grantNamed(name)?.clientId}`));
		for (const name of this.#names("client:")) {
			if (!needed.has(name)) this.#sql.exec("DELETE FROM grant_records WHERE name = ?", name);
		}
	}

	#grantNamed(name: string): GrantRecord | undefined {
		const [row] = this.#rows(name);
		return row && grantSchema.safeParse(readRecord(name, row.value)).data;
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
