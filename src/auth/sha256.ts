/** The SHA-256 of a text, in lower-case hexadecimal. */
export async function sha256(text: string): Promise<string> {
	return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}
