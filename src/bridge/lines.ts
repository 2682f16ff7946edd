/** Reads lines from a stream that arrives in pieces. */
import type { Readable } from "node:stream";

const LINE_FEED = 0x0a;
/** How much is kept to be used again. */
const MAX_SPARE_BYTES = 512 * 1024;

/** Gets a line that is longer than the limit, piece by piece, and then its end. */
export type Rest = { add(piece: Buffer): void; end(bytes: number): void };

/**
 * Calls back with each line, without its line end. Only a line feed ends a line: JSON may hold any other separator.
 *
 * @param limit how many bytes of a line are kept
 * @param use gets the line, and how many bytes it had
 * @param tooLong gets the whole of a longer line; without it, everything after the limit is dropped
 */
export function eachLine(
	stream: Readable,
	limit: number,
	use: (line: string, bytes: number) => void,
	tooLong?: () => Rest,
): void {
	const kept = new Bytes();
	let length = 0;
	let rest: Rest | undefined;
	const keep = (piece: Buffer) => {
		const room = limit - length;
		length += piece.length;
		if (tooLong && !rest && length > limit) {
			rest = tooLong();
			rest.add(kept.take());
		}
		if (rest) rest.add(piece);
		else if (room > 0) kept.add(piece.subarray(0, room));
	};
	const finish = () => {
		if (rest) rest.end(length);
		else use(kept.take().toString().replace(/\r$/, ""), length);
		length = 0;
		rest = undefined;
	};
	stream.on("data", (chunk: Buffer) => {
		let start = 0;
		for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
			keep(chunk.subarray(start, end));
			finish();
			start = end + 1;
		}
		keep(chunk.subarray(start));
	});
	stream.on("end", () => length > 0 && finish());
}

/** Joins pieces by copying them. Kept as they came, the pieces of a line that is written byte by byte fill the memory. */
class Bytes {
	#buffer = Buffer.alloc(0);
	#length = 0;

	add(piece: Buffer): void {
		const needed = this.#length + piece.length;
		if (needed > this.#buffer.length) {
			const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length));
			this.#buffer.copy(larger, 0, 0, this.#length);
			this.#buffer = larger;
		}
		piece.copy(this.#buffer, this.#length);
		this.#length = needed;
	}

	/** @returns all bytes, until something is added */
	take(): Buffer {
		const bytes = this.#buffer.subarray(0, this.#length);
		if (this.#buffer.length > MAX_SPARE_BYTES) this.#buffer = Buffer.alloc(0);
		this.#length = 0;
		return bytes;
	}
}
