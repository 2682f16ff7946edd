/**
 * The answers to refreshes, so that a refresh token that was replaced still gets its successor: for the other windows
 * of an app, which share the token, and if an answer was lost. Each is encrypted under a key derived from the refresh
 * token that was presented, so that only its holder can read it.
 */
import { CompactEncrypt, compactDecrypt } from "jose";
import { z } from "zod";
import { sha256 } from "../auth/sha256.ts";
import { logError } from "../errors.ts";
import { currentRequestId } from "../http/request-id.ts";
import { hasTable } from "../mcp/has-table.ts";
import { unsealed } from "./sealed-token.ts";

/** What a refresh was asked for. An answer is only given to a request for the same. */
export type Asked = { readonly clientId: string; readonly resource: string; readonly scope: string };

const answerSchema = z.looseObject({ access_token: z.string(), refresh_token: z.string(), expires_in: z.number() });

/** The body of a token response (RFC 6749 section 5.1). */
export type Answer = z.infer<typeof answerSchema>;

/**
 * - `answered`: it was replaced, and the answer that replaced it is still good
 * - `open`: it was not replaced, as far as is known here; or it was, and stands for this token, its newest successor
 * - `reused`: its successor was replaced too, and its time is over (RFC 9700 section 4.14.2)
 */
export type Standing =
	| { readonly kind: "answered"; readonly answer: Answer }
	| { readonly kind: "open"; readonly token: string }
	| { readonly kind: "reused" };

type Row = {
	hash: string;
	generation: number;
	client: string;
	resource: string;
	scope: string;
	answer: string;
	/** When the access token of the answer expires, in seconds since the epoch. */
	expires: number;
	/** Until when the token stands for its successor, even if that was replaced too. */
	until: number;
};

export class ReplacedTokens {
	readonly #sql: SqlStorage;
	readonly #graceSeconds: number;

	/** @param graceSeconds for how long a replaced token stands for its successor, if the access token expires sooner */
	constructor(sql: SqlStorage, graceSeconds: number) {
		this.#sql = sql;
		this.#graceSeconds = graceSeconds;
	}

	/** @param token a refresh token without its seal */
	async standing(grantId: string, token: string, asked: Asked): Promise<Standing> {
		const now = Math.floor(Date.now() / 1000);
		const newest = this.#newest(grantId);
		let current = token;
		for (;;) {
			const row = this.#row(grantId, await sha256(current));
			const answer = row && (await decrypt(row.answer, current));
			if (!row || !answer) return { kind: "open", token: current };
			const isSame = row.client === asked.clientId && row.resource === asked.resource && row.scope === asked.scope;
			if (isSame && row.expires > now) {
				return { kind: "answered", answer: { ...answer, expires_in: row.expires - now } };
			}
			if (row.until <= now && row.generation < newest) return { kind: "reused" };
			current = unsealed(answer.refresh_token);
		}
	}

	/** Keeps the answer to a refresh. @param token the refresh token, without its seal, that the answer replaces */
	async keep(grantId: string, token: string, asked: Asked, body: unknown): Promise<void> {
		const answer = answerSchema.parse(body);
		const [hash, encrypted] = await Promise.all([sha256(token), encrypt(answer, token)]);
		this.#sql.exec(
			"CREATE TABLE IF NOT EXISTS replaced_tokens (grant_id TEXT, hash TEXT, generation INTEGER, client TEXT, resource TEXT, scope TEXT, answer TEXT, expires INTEGER, until INTEGER, PRIMARY KEY (grant_id, hash))",
		);
		const now = Math.floor(Date.now() / 1000);
		const expires = now + answer.expires_in;
		const until = Math.max(expires, now + this.#graceSeconds);
		const { clientId, resource, scope } = asked;
		const generation = this.#newest(grantId) + 1;
		const values = [grantId, hash, generation, clientId, resource, scope, encrypted, expires, until];
		this.#sql.exec("INSERT OR REPLACE INTO replaced_tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", ...values);
	}

	forget(grantId: string): void {
		if (!hasTable(this.#sql, "replaced_tokens")) return;
		this.#sql.exec("DELETE FROM replaced_tokens WHERE grant_id = ?", grantId);
	}

	/**
	 * Deletes the answers whose time is over. A grant's newest one stays: an app that slept continues with it.
	 *
	 * @returns when the next one can be deleted, in seconds since the epoch
	 */
	tidy(): number | undefined {
		if (!hasTable(this.#sql, "replaced_tokens")) return undefined;
		const isOld = "generation < (SELECT max(generation) FROM replaced_tokens o WHERE o.grant_id = r.grant_id)";
		this.#sql.exec(
			`DELETE FROM replaced_tokens WHERE rowid IN (SELECT rowid FROM replaced_tokens r WHERE until <= ? AND ${isOld})`,
			Date.now() / 1000,
		);
		const query = `SELECT min(until) AS until FROM replaced_tokens r WHERE ${isOld}`;
		return this.#sql.exec<{ until: number | null }>(query).one().until ?? undefined;
	}

	#newest(grantId: string): number {
		if (!hasTable(this.#sql, "replaced_tokens")) return 0;
		const query = "SELECT max(generation) AS newest FROM replaced_tokens WHERE grant_id = ?";
		return this.#sql.exec<{ newest: number | null }>(query, grantId).one().newest ?? 0;
	}

	#row(grantId: string, hash: string): Row | undefined {
		if (!hasTable(this.#sql, "replaced_tokens")) return undefined;
		const query = "SELECT * FROM replaced_tokens WHERE grant_id = ? AND hash = ?";
		return this.#sql.exec<Row>(query, grantId, hash).toArray()[0];
	}
}

const HEADER = { alg: "dir", enc: "A256GCM" } as const;
const encoder = new TextEncoder();

/** HKDF with SHA-256 (RFC 5869). The key cannot be derived from the token's hash, which is stored. */
async function keyOf(token: string): Promise<Uint8Array> {
	const material = await crypto.subtle.importKey("raw", encoder.encode(token), "HKDF", false, ["deriveBits"]);
	const info = encoder.encode("replaced-token");
	const algorithm = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
	return new Uint8Array(await crypto.subtle.deriveBits(algorithm, material, 256));
}

/** JSON Web Encryption (RFC 7516). */
async function encrypt(answer: Answer, token: string): Promise<string> {
	const plain = encoder.encode(JSON.stringify(answer));
	return new CompactEncrypt(plain).setProtectedHeader(HEADER).encrypt(await keyOf(token));
}

/** @returns undefined for an answer that was damaged */
async function decrypt(encrypted: string, token: string): Promise<Answer | undefined> {
	try {
		const { plaintext } = await compactDecrypt(encrypted, await keyOf(token));
		return answerSchema.parse(JSON.parse(new TextDecoder().decode(plaintext)));
	} catch (error) {
		logError("record_unreadable", error, currentRequestId());
		return undefined;
	}
}
