/** Lines that arrive in pieces of any size. */
import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { eachLine } from "../../src/bridge/lines.ts";

const PIECES = 500_000;
/** Each piece by itself would take more than a hundred bytes. */
const MAX_GROWTH_BYTES = 20e6;

function linesOf(limit: number) {
	const stream = new Readable({ read() {} });
	const lines: [string, number][] = [];
	eachLine(stream, limit, (line, bytes) => lines.push([line, bytes]));
	return { lines, add: (piece: string | Buffer) => stream.emit("data", Buffer.from(piece)) };
}

it("a line is joined, and cut at its limit; only a line feed ends it", () => {
	const { lines, add } = linesOf(6);
	for (const piece of ["ab", "", "c\r", "\n\n\u2028", "\nabcdefgh", "ij\nk", "\n"]) add(piece);
	expect(lines).toEqual([
		["abc", 4],
		["", 0],
		["\u2028", 3],
		["abcdef", 10],
		["k", 1],
	]);
});

it("a character in two pieces is whole", () => {
	const { lines, add } = linesOf(100);
	for (const byte of Buffer.from("ü🚀\n")) add(Buffer.from([byte]));
	expect(lines).toEqual([["ü🚀", 6]]);
});

it("a line that is written byte by byte needs no more memory than its bytes", () => {
	setFlagsFromString("--expose-gc");
	const collect: () => void = runInNewContext("gc");
	const { lines, add } = linesOf(2 * PIECES);
	const used = () => {
		collect();
		const { heapUsed, external } = process.memoryUsage();
		return heapUsed + external;
	};
	const before = used();
	for (let count = 0; count < PIECES; count++) add("x");
	expect(used() - before).toBeLessThan(MAX_GROWTH_BYTES);
	add("\n");
	expect(lines).toEqual([["x".repeat(PIECES), PIECES]]);
});
