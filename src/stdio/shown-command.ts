/** The part of a stdio server's command that may be shown. Arguments may hold keys, so most of them are left out. */
import { splitWords } from "../bridge/words.ts";

/** Programs whose first argument names what they run. */
const RUNNERS = /^(npx|npm|pnpm|yarn|node|tsx|bunx?|deno|uvx?|pipx|python[\d.]*|docker|podman)$/;
/** Words that may come before that argument and take no value. */
const STEPS = /^(-y|--yes|-q|--quiet|-m|-i|-it|--rm|--init|--|run|exec|dlx|x|tool)$/;
/** A package, a module, an image or a file. An address, which may hold a password or a key, is none of these. */
const NAME = /^[\w./@~^+-]+(:[\w.-]+)?$/;
const LEFT_OUT = "…";

/**
 * The program, and, if it is a runner, what it runs. An ellipsis replaces the rest.
 *
 * @param command the command line, or its words
 * @returns undefined if the command is empty; only the ellipsis if it cannot be parsed
 * @example
 * shownCommand("npx -y mcp-remote https://example.com/mcp?key=secret"); // "npx -y mcp-remote …"
 */
export function shownCommand(command: string | readonly string[]): string | undefined {
	const [program, ...rest] = wordsOf(command);
	if (program === undefined) return undefined;
	const name = program.split(/[\\/]/).at(-1) || LEFT_OUT;
	const shown = [name];
	if (RUNNERS.test(name.replace(/\.(exe|cmd)$/i, ""))) {
		const steps = rest.findIndex((word) => !STEPS.test(word));
		shown.push(...rest.slice(0, steps === -1 ? rest.length : steps));
		const what = steps === -1 ? undefined : rest[steps];
		if (what !== undefined && !what.startsWith("-") && NAME.test(what)) shown.push(what);
	}
	return shown.length <= rest.length ? [...shown, LEFT_OUT].join(" ") : shown.join(" ");
}

function wordsOf(command: string | readonly string[]): readonly string[] {
	if (typeof command !== "string") return command;
	try {
		return splitWords(command);
	} catch {
		return [LEFT_OUT];
	}
}
