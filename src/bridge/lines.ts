/** Reads lines from a stream that arrives in pieces. */
import type { Readable } from "node:stream";

const LINE_FEED = 0x0a;

/** Gets a line that is longer than the limit, piece by piece, and then its end. */
export type Rest = { add(piece: Buffer): void; end(bytes: number): void };

/**
 * Calls back with each line, without its line end. Only a line feed ends a line: JSON may hold any other separator.
 *
 * @param limit how many bytes of a line are kept
 * @param tooLong gets the whole of a longer line; without it, everything after the limit is dropped
 */
export function eachLine(stream: Readable, limit: number, use: (line: string) => void, tooLong?: () => Rest): void {
	// Join the pieces once, at the end of the line: a result of several megabytes comes in hundreds of pieces.
	let pieces: Buffer[] = [];
	let length = 0;
	let rest: Rest | undefined;
	const keep = (piece: Buffer) => {
		const room = limit - length;
		length += piece.length;
		if (tooLong && !rest && length > limit) {
			rest = tooLong();
			for (const kept of pieces.splice(0)) rest.add(kept);
		}
		if (rest) rest.add(piece);
		else if (room > 0) pieces.push(piece.subarray(0, room));
	};
	const finish = () => {
		if (rest) rest.end(length);
		else use(Buffer.concat(pieces).toString().replace(/\r$/, ""));
		pieces = [];
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
