/** Splits a command line into words, as a shell would, without a shell. */
import { split } from "shlex";

/**
 * Splits a line into words. Quotes and backslashes mean what they mean to a POSIX shell; nothing else does: no
 * variables, no wildcards, no pipes.
 *
 * @param name what the line is, for people
 * @throws Error for a quote that is never closed; it does not show the line, which may hold a key
 */
export function splitWords(line: string, name = "the command"): string[] {
	try {
		return split(line);
	} catch {
		throw new Error(`A quote in ${name} is never closed. Close it, or put a backslash in front of it.`);
	}
}
