/** The image that a local server draws without an image model: a gradient whose colours come from the prompt. */
import { encode } from "fast-png";

const SIZE_PIXELS = 128;
const CHANNELS = 3;

/** A PNG, base64-encoded; the same prompt gives the same picture. */
export async function drawPlaceholder(prompt: string): Promise<string> {
	const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(prompt)));
	const data = new Uint8Array(SIZE_PIXELS * SIZE_PIXELS * CHANNELS);
	for (let index = 0; index < data.length; index++) {
		const pixel = Math.floor(index / CHANNELS);
		const channel = index % CHANNELS;
		const across = ((pixel % SIZE_PIXELS) + Math.floor(pixel / SIZE_PIXELS)) / (2 * (SIZE_PIXELS - 1));
		const from = hash[channel] ?? 0;
		const to = hash[channel + CHANNELS] ?? 0;
		data[index] = Math.round(from + (to - from) * across);
	}
	return encode({ width: SIZE_PIXELS, height: SIZE_PIXELS, channels: CHANNELS, data }).toBase64();
}
