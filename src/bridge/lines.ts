/** Lines out of a stream that arrives in pieces. */
import type { Readable } from "node:stream";

/** Takes what of a line is beyond the limit, in pieces; and learns of its end. */
export type Rest = { add(piece: string): void; end(length: number): void };

/**
 * Calls back with each line, without its end. Only a line feed ends a line: JSON may hold any other separator.
 *
 * @param limit how many characters of a line are kept
 * @param tooLong takes a longer line from its beginning on; without it, what comes after the limit is thrown away
 */
export function eachLine(stream: Readable, limit: number, use: (line: string) => void, tooLong?: () => Rest): void {
	// Joined once, at the end of the line: a result of several megabytes comes in hundreds of pieces.
	let pieces: string[] = [];
	let length = 0;
	let rest: Rest | undefined;
	const keep = (piece: string) => {
		length += piece.length;
		if (tooLong && !rest && length > limit) {
			rest = tooLong();
			for (const kept of pieces.splice(0)) rest.add(kept);
		}
		if (rest) return rest.add(piece);
		const room = limit - (length - piece.length);
		if (room > 0 && piece !== "") pieces.push(piece.slice(0, room));
	};
	const finish = () => {
		const line = pieces.join("");
		if (rest) rest.end(length);
		else use(line.endsWith("\r") ? line.slice(0, -1) : line);
		pieces = [];
		length = 0;
		rest = undefined;
	};
	stream.setEncoding("utf8");
	stream.on("data", (chunk: string) => {
		const [first = "", ...others] = chunk.split("\n");
		keep(first);
		for (const piece of others) {
			finish();
			keep(piece);
		}
	});
	stream.on("end", () => length > 0 && finish());
}
