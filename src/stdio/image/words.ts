/** A command line as somebody would type it, without a shell to read it. */

/** One step: a backslash with what follows it, a quoted part, blanks, or anything else. */
const PART = /\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|(\s+)|([\s\S])/g;
const ESCAPED = /\\(["\\$`])/g;

/**
 * Splits a line into words. Quotes and backslashes mean what they mean to a POSIX shell; nothing else does: no
 * variables, no wildcards, no pipes.
 *
 * @param name what the line is, for people
 * @throws Error for a quote that is never closed; it does not show the line, which may hold a key
 */
export function splitWords(line: string, name = "the command"): string[] {
	const words: string[] = [];
	let word: string | undefined;
	for (const [, escaped, single, double, blank, plain] of line.matchAll(PART)) {
		if (blank !== undefined) {
			if (word !== undefined) words.push(word);
			word = undefined;
			continue;
		}
		// What is left of the pattern when a quote has no partner.
		if (plain === "'" || plain === '"') {
			throw new Error(`A quote in ${name} is never closed. Close it, or put a backslash in front of it.`);
		}
		word = (word ?? "") + (escaped ?? single ?? double?.replace(ESCAPED, "$1") ?? plain ?? "");
	}
	if (word !== undefined) words.push(word);
	return words;
}
