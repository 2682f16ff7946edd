/** The maximum length of a key in Workers KV. The OAuth wrapper makes keys from values that clients send. */
const MAX_KEY_BYTES = 512;

/** Whether KV can store or look up a key. It throws if a key is too long. */
export function isStorableKey(key: string): boolean {
	return new TextEncoder().encode(key).length <= MAX_KEY_BYTES;
}
