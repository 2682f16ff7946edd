/** The key that signs session ids and remembered consent. */
import { readConfig } from "./config.ts";
import { ConfigError } from "./errors.ts";

/** Beside the OAuth wrapper's records, which start with `client:`, `grant:`, `token:` and the like. */
const LOCAL_KEY_NAME = "local:cookie-encryption-key";

/** Keys, not promises: a promise ends with the request that started it. */
const localKeys = new WeakMap<KVNamespace, string>();

/**
 * COOKIE_ENCRYPTION_KEY; on a loopback host that was given none, a key made on first use and kept with the local
 * state, so that sessions survive a restart.
 *
 * @throws ConfigError on any other host without COOKIE_ENCRYPTION_KEY
 */
export async function signingKey(env: Env, isLocal: boolean): Promise<string> {
	const { cookieEncryptionKey } = readConfig(env);
	if (cookieEncryptionKey !== undefined) return cookieEncryptionKey;
	if (!isLocal) {
		throw new ConfigError(["COOKIE_ENCRYPTION_KEY is not set: npx wrangler secret put COOKIE_ENCRYPTION_KEY."]);
	}
	return localKeys.get(env.OAUTH_KV) ?? readOrMakeLocalKey(env.OAUTH_KV);
}

async function readOrMakeLocalKey(kv: KVNamespace): Promise<string> {
	const stored = await kv.get(LOCAL_KEY_NAME);
	// Another request may have made it meanwhile.
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
