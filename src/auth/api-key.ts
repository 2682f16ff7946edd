/** What is stored of an API key. The key itself is shown once, where it is made, and is nowhere after that. */
import { z } from "zod";
import { sha256 } from "./sha256.ts";

const PREFIX = "mcpkey_";
const KEY_BYTES = 32;
const KEY = new RegExp(`^${PREFIX}[\\w-]{${Math.ceil((KEY_BYTES * 8) / 6)}}$`);

/** What the names of their records begin with in OAUTH_KV. */
export const RECORD_PREFIX = "api-key:";

export const apiKeySchema = z.object({
	/** Its user is `key-<id>`. It stays when the key is replaced. */
	id: z.string().regex(/^[0-9a-f]{12}$/),
	/** For people: who or what uses it. */
	name: z.string().min(1).max(100),
	permissions: z.array(z.string()),
	/** If left out, all that the server has. */
	scopes: z.array(z.string()).optional(),
	/** Seconds since the epoch. */
	createdAt: z.int(),
	/** Seconds since the epoch; if left out, it does not expire. */
	expiresAt: z.int().optional(),
});

export type ApiKey = z.infer<typeof apiKeySchema>;

/** A new key: nobody chooses one, so nobody can guess one. */
export function makeKey(): string {
	const random = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
	return PREFIX + random.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Whether a text is what `makeKey` makes. */
export function isKey(text: string): boolean {
	return KEY.test(text);
}

/** The name of a key's record in OAUTH_KV. */
export async function recordName(key: string): Promise<string> {
	return RECORD_PREFIX + (await sha256(key));
}
