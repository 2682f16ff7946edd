/**
 * The keys that sign tokens, audit names, session ids, request states, remembered consent and stdio pipes. Each purpose has its own key,
 * derived from COOKIE_ENCRYPTION_KEY, so that a signature for one purpose is not valid for another.
 */
import { readSettings } from "./settings.ts";

export type Purpose =
	| "account-session"
	| "audit"
	| "token"
	| "session-id"
	| "request-state"
	| "remembered-consent"
	| "stdio-pipe";

/** The first secret signs. The signatures of all of them are accepted. */
export type Secrets = readonly [current: string, ...previous: string[]];

/** The OAuth wrapper's records in the same namespace start with `client:`, `grant:`, `token:` and the like. */
const LOCAL_KEY_NAME = "local:cookie-encryption-key";

/** Keys, not promises: a promise is bound to the request that started it. */
const localKeys = new WeakMap<KVNamespace, string>();
/** By purpose and secret: one entry for each purpose, or two while a secret is being replaced. */
const derived = new Map<string, string>();
const imported = new Map<string, CryptoKey>();

const encoder = new TextEncoder();

/**
 * The secrets of a purpose, derived from COOKIE_ENCRYPTION_KEY, and from COOKIE_ENCRYPTION_KEY_PREVIOUS if it is set.
 * If COOKIE_ENCRYPTION_KEY is not set on a loopback host, a key is made on first use and kept with the local state, so
 * that sessions survive a restart.
 *
 * @throws Error if COOKIE_ENCRYPTION_KEY is not set on any other host; such a server refuses all requests earlier
 */
export async function secretsFor(purpose: Purpose, env: Env, isLocal: boolean): Promise<Secrets> {
	const { cookieEncryptionKey, previousCookieEncryptionKey } = readSettings(env);
	if (cookieEncryptionKey === undefined && !isLocal) throw new Error("COOKIE_ENCRYPTION_KEY is not set");
	const current = cookieEncryptionKey ?? localKeys.get(env.OAUTH_KV) ?? (await readOrMakeLocalKey(env.OAUTH_KV));
	const secret = await derive(current, purpose);
	return previousCookieEncryptionKey === undefined
		? [secret]
		: [secret, await derive(previousCookieEncryptionKey, purpose)];
}

/** HKDF with SHA-256 (RFC 5869), in lower-case hexadecimal. */
async function derive(key: string, purpose: Purpose): Promise<string> {
	const name = `${purpose}\0${key}`;
	const known = derived.get(name);
	if (known !== undefined) return known;
	const material = await crypto.subtle.importKey("raw", encoder.encode(key), "HKDF", false, ["deriveBits"]);
	const algorithm = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: encoder.encode(purpose) };
	const secret = new Uint8Array(await crypto.subtle.deriveBits(algorithm, material, 256)).toHex();
	derived.set(name, secret);
	return secret;
}

/** The HMAC-SHA-256 key of a secret. */
export async function hmacKey(secret: string): Promise<CryptoKey> {
	const known = imported.get(secret);
	if (known) return known;
	const algorithm = { name: "HMAC", hash: "SHA-256" };
	const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign", "verify"]);
	imported.set(secret, key);
	return key;
}

async function readOrMakeLocalKey(kv: KVNamespace): Promise<string> {
	const stored = await kv.get(LOCAL_KEY_NAME);
	// Another request may have made the key in the meantime.
	const known = localKeys.get(kv) ?? stored;
	if (known !== null) {
		localKeys.set(kv, known);
		return known;
	}
	const made = crypto.getRandomValues(new Uint8Array(32)).toHex();
	localKeys.set(kv, made);
	await kv.put(LOCAL_KEY_NAME, made);
	return made;
}
