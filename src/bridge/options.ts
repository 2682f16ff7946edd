/** The options of the program: flags, the command of the stdio MCP server, and limits from the environment. */
import { parseArgs } from "node:util";
import type { Command } from "./child.ts";
import { MAX_MESSAGE_BYTES } from "./contract.ts";
import type { Variables } from "./environment.ts";
import { splitWords } from "./words.ts";

export type Limits = {
	/** The maximum number of children, in all and for one user. */
	readonly maxChildren: number;
	readonly maxChildrenPerUser: number;
	/** The maximum size of a message of a child. */
	readonly maxMessageBytes: number;
	/** How long a child is kept after its pipe broke. */
	readonly keepSeconds: number;
};

export type Options = {
	readonly port: number;
	readonly host: string;
	readonly command: Command;
	readonly limits: Limits;
};

export const USAGE =
	"Usage: node main.ts [--port 8080] [--host 127.0.0.1] [--] <command> [arguments]\n" +
	"Without a command, the variable STDIO_COMMAND has it, as one line.";

const MAX_PORT = 65_535;
/** A day. Timers cannot be longer than 24 days. */
const MAX_KEEP_SECONDS = 86_400;

/**
 * @param args the arguments after `node main.ts`
 * @throws Error that explains which argument or variable is wrong
 */
export function readOptions(args: readonly string[], env: Variables): Options {
	const { own, words } = splitArguments(args);
	const { values } = parseArgs({
		args: own,
		options: { port: { type: "string", default: "8080" }, host: { type: "string", default: "127.0.0.1" } },
	});
	const [file, ...rest] = words.length > 0 ? words : splitWords(env.STDIO_COMMAND ?? "", "STDIO_COMMAND");
	if (!file) throw new Error("No command to run was given");
	const limit = (name: string, standard: number, max = Number.MAX_SAFE_INTEGER) =>
		wholeNumber(name, env[name] || String(standard), 1, max);
	return {
		port: wholeNumber("--port", values.port, 0, MAX_PORT),
		host: values.host,
		command: { file, args: rest },
		limits: {
			maxChildren: limit("STDIO_MAX_CHILDREN", 40),
			maxChildrenPerUser: limit("STDIO_MAX_CHILDREN_PER_USER", 10),
			maxMessageBytes: limit("STDIO_MAX_MESSAGE_BYTES", MAX_MESSAGE_BYTES),
			keepSeconds: limit("STDIO_KEEP_SECONDS", 60, MAX_KEEP_SECONDS),
		},
	};
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
	const value = Number(text);
	if (/^\d+$/.test(text) && value >= min && value <= max) return value;
	const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} up` : `from ${min} to ${max}`;
	throw new Error(`${name} takes a whole number ${range}, not ${text}`);
}

/** The program's own flags come first, each with a value. Flags after the command belong to the command. */
function splitArguments(args: readonly string[]): { own: string[]; words: string[] } {
	let end = 0;
	for (let flag = args[end]; flag?.startsWith("-") && flag !== "--"; flag = args[end]) {
		end += flag.includes("=") ? 1 : 2;
	}
	return { own: args.slice(0, end), words: args.slice(args[end] === "--" ? end + 1 : end) };
}
