/** Which flag a misspelled word stands for. */
import { FLAG_NAMES } from "./wrangler-flags.ts";

/** A word with more typing mistakes than this counts as another word. */
const MAX_MISTAKES = 2;

/** @returns the flag that was probably meant: a similar one, or one that is a prefix of the word or the reverse */
export function nearestFlag(word: string): string | undefined {
	return misspelledFlag(word) ?? FLAG_NAMES.find((name) => name.startsWith(word) || word.startsWith(name));
}

/** @returns the flag that differs from a word by typing mistakes only */
export function misspelledFlag(word: string): string | undefined {
	const candidates = FLAG_NAMES.map((name) => ({ name, mistakes: distance(word, name) }));
	const [best] = candidates.sort((a, b) => a.mistakes - b.mistakes);
	return best && best.mistakes <= MAX_MISTAKES ? best.name : undefined;
}

/** The edit distance of two words: how many letters must be inserted, deleted, replaced or swapped with a neighbour. */
function distance(from: string, to: string): number {
	let before: number[] = [];
	let last = Array.from({ length: to.length + 1 }, (_, index) => index);
	for (const [row, letter] of [...from].entries()) {
		const next = [row + 1];
		for (const [column, other] of [...to].entries()) {
			const at = (line: readonly number[], index: number) => line[index] ?? Number.POSITIVE_INFINITY;
			const replaced = at(last, column) + (letter === other ? 0 : 1);
			const isSwapped = letter === to[column - 1] && other === from[row - 1];
			const swapped = isSwapped ? at(before, column - 1) + 1 : replaced;
			next.push(Math.min(replaced, swapped, at(last, column + 1) + 1, at(next, column) + 1));
		}
		before = last;
		last = next;
	}
	return last.at(-1) ?? 0;
}
