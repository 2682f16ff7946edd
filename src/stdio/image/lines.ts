/** Lines out of a stream that arrives in pieces. */
import type { Readable } from "node:stream";

/**
 * Calls back with each line, without its end. Only a line feed ends a line: JSON may hold any other separator.
 *
 * @param limit how many characters of a line are kept; what comes after them is thrown away
 */
export function eachLine(stream: Readable, limit: number, use: (line: string) => void): void {
	// Joined once, at the end of the line: a result of several megabytes comes in hundreds of pieces.
	let pieces: string[] = [];
	let length = 0;
	const keep = (piece: string) => {
		const kept = piece.slice(0, limit - length);
		if (kept === "") return;
		pieces.push(kept);
		length += kept.length;
	};
	const finish = () => {
		const line = pieces.join("");
		pieces = [];
		length = 0;
		use(line.endsWith("\r") ? line.slice(0, -1) : line);
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
