/** The bytes of a result's image or file. `Uint8Array.fromBase64` is too new for some hosts of views. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
	return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
