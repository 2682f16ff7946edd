/** A command line as somebody would type it, without a shell to read it. */

/** One step: a backslash with what follows it, a quoted part, blanks, or anything else. */
const PART = /\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|(\s+)|([\s\S])/g;
const ESCAPED = /\\(["\\$`])/g;

/**
 * Splits a line into words. Quotes and backslashes mean what they mean to a POSIX shell; nothing else does: no
 * variables, no wildcards, no pipes.
 *
 * @throws Error for a quote that is never closed
 */
export function splitWords(line: string): string[] {
	const words: string[] = [];
	let word: string | undefined;
	for (const [, escaped, single, double, blank, plain] of line.matchAll(PART)) {
		if (blank !== undefined) {
			if (word !== undefined) words.push(word);
			word = undefined;
			continue;
		}
		// What is left of the pattern when a quote has no partner.
		if (plain === "'" || plain === '"') throw new Error("A quote is never closed in the command");
		word = (word ?? "") + (escaped ?? single ?? double?.replace(ESCAPED, "$1") ?? plain ?? "");
	}
	if (word !== undefined) words.push(word);
	return words;
}
