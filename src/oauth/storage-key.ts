/** Workers KV takes no longer key; the OAuth wrapper makes keys of what clients send. */
const MAX_KEY_BYTES = 512;

/** Whether KV can hold a key, or have it looked up: it throws at a longer one. */
export function isStorableKey(key: string): boolean {
	return new TextEncoder().encode(key).length <= MAX_KEY_BYTES;
}
