/** Splits a command line into words like a shell, but without a shell. */
import { split } from "shlex";

/**
 * Splits a line into words. Quotes and backslashes work as in a POSIX shell. There are no variables, wildcards or
 * pipes.
 *
 * @param name the name of the line in the error text
 * @throws Error if a quote is never closed; it does not show the line, which may hold a key
 */
export function splitWords(line: string, name = "the command"): string[] {
	try {
		return split(line);
	} catch {
		throw new Error(`A quote in ${name} is never closed. Close it, or put a backslash in front of it.`);
	}
}
