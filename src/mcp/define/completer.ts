/** Completion of what users type into an argument of a prompt, or a variable of a resource's template. */
import type { UserContext } from "../context.ts";

/**
 * @param typed the text so far
 * @param filled the arguments that the user has filled in already
 * @returns all values that fit, the best first; clients get the first 100 and how many there are
 */
export type Completer<Needs = never> = (
	typed: string,
	context: UserContext<Needs>,
	filled: Readonly<Record<string, string>>,
) => Promise<readonly string[]>;
