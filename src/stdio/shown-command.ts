/** What people may see of a stdio server's command. Its arguments may hold keys, so most of them are left out. */
import { splitWords } from "../bridge/words.ts";

/** Programs whose first argument says what they run. */
const RUNNERS = /^(npx|npm|pnpm|yarn|node|tsx|bunx?|deno|uvx?|pipx|python[\d.]*|docker|podman)$/;
/** What may stand before it: words that take no value. */
const STEPS = /^(-y|--yes|-q|--quiet|-m|-i|-it|--rm|--init|--|run|exec|dlx|x|tool)$/;
/** A package, a module, an image or a file. An address, which may hold a password or a key, is none of these. */
const NAME = /^[\w./@~^+-]+(:[\w.-]+)?$/;
const LEFT_OUT = "…";

/**
 * The program, and what it runs if it is one that runs others; an ellipsis stands for the rest.
 *
 * @param command as somebody would type it, or its words
 * @returns undefined for an empty command, and the ellipsis alone for one that cannot be read
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
