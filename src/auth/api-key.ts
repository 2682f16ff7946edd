/** The stored record of an API key. The key itself is shown once, when it is made, and is never stored. */
import { z } from "zod";
import { sha256 } from "./sha256.ts";

const PREFIX = "mcpkey_";
const KEY_BYTES = 32;
const KEY = new RegExp(`^${PREFIX}[\\w-]{${Math.ceil((KEY_BYTES * 8) / 6)}}$`);

/** The prefix of the names of API key records in OAUTH_KV. */
export const RECORD_PREFIX = "api-key:";

export const apiKeySchema = z.object({
	/** The id of the key's user is `key-<id>`. It stays the same when the key is replaced. */
	id: z.string().regex(/^[0-9a-f]{12}$/),
	/** A description for administrators: who or what uses the key. */
	name: z.string().min(1).max(100),
	permissions: z.array(z.string()),
	/** If omitted, all scopes of the server. */
	scopes: z.array(z.string()).optional(),
	/** Seconds since the epoch. */
	createdAt: z.int(),
	/** Seconds since the epoch. If omitted, the key does not expire. */
	expiresAt: z.int().optional(),
});

export type ApiKey = z.infer<typeof apiKeySchema>;

/** A new random key. */
export function makeKey(): string {
	const random = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
	return PREFIX + random.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Whether a text has the form of the keys that `makeKey` makes. */
export function isKey(text: string): boolean {
	return KEY.test(text);
}

/** The name of a key's record in OAUTH_KV. */
export async function recordName(key: string): Promise<string> {
	return RECORD_PREFIX + (await sha256(key));
}
