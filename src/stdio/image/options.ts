/** How the bridge is started: flags, and in a container the variable `STDIO_COMMAND`. */
import { parseArgs } from "node:util";
import type { Command } from "./child.ts";
import type { Variables } from "./environment.ts";
import { splitWords } from "./words.ts";

export type Limits = {
	/** How many child processes there are at most. */
	readonly maxSessions: number;
	/** How long a child may take to answer `initialize`. */
	readonly initializeMilliseconds: number;
	/** When a session ends in which nothing is said. */
	readonly idleMilliseconds: number;
	/** When the child that answers a user's stateless requests ends, if there are none. */
	readonly statelessIdleMilliseconds: number;
	/** How long a call waits for its client to come back with what the child has asked for. */
	readonly inputMilliseconds: number;
};

export type BridgeOptions = {
	readonly port: number;
	readonly host: string;
	readonly command: Command;
	readonly limits: Limits;
};

export const USAGE =
	"Usage: node bridge.ts [--port 8080] [--host 127.0.0.1] [--max-sessions 20] [--initialize-seconds 60] " +
	"[--idle-seconds 1800] [--stateless-idle-seconds 600] [--input-seconds 600] [--] <command> [arguments]\n" +
	"Without a command, the variable STDIO_COMMAND has it, as one line.";

/**
 * @param args what follows `node bridge.ts`
 * @throws Error that says what is wrong with them
 */
export function readOptions(args: readonly string[], env: Variables): BridgeOptions {
	const { own, words } = splitArguments(args);
	const { values } = parseArgs({
		args: own,
		options: {
			port: { type: "string", default: "8080" },
			host: { type: "string", default: "127.0.0.1" },
			"max-sessions": { type: "string", default: "20" },
			"initialize-seconds": { type: "string", default: "60" },
			"idle-seconds": { type: "string", default: "1800" },
			"stateless-idle-seconds": { type: "string", default: "600" },
			"input-seconds": { type: "string", default: "600" },
		},
	});
	const number = (name: Exclude<keyof typeof values, "host">): number => {
		const value = Number(values[name]);
		// More seconds than this are too many for Node's timers.
		if (!(value >= 0 && value <= 2_000_000)) throw new Error(`--${name} is no number: ${values[name]}`);
		return value;
	};
	const [file, ...rest] = words.length > 0 ? words : splitWords(env.STDIO_COMMAND ?? "", "STDIO_COMMAND");
	if (!file) throw new Error("No command to run was given");
	return {
		port: number("port"),
		host: values.host,
		command: { file, args: rest },
		limits: {
			maxSessions: number("max-sessions"),
			initializeMilliseconds: number("initialize-seconds") * 1000,
			idleMilliseconds: number("idle-seconds") * 1000,
			statelessIdleMilliseconds: number("stateless-idle-seconds") * 1000,
			inputMilliseconds: number("input-seconds") * 1000,
		},
	};
}

/** The bridge's own flags come first, each with a value; flags behind the command are the command's. */
function splitArguments(args: readonly string[]): { own: string[]; words: string[] } {
	let end = 0;
	for (let flag = args[end]; flag?.startsWith("--") && flag !== "--"; flag = args[end]) {
		end += flag.includes("=") ? 1 : 2;
	}
	return { own: args.slice(0, end), words: args.slice(args[end] === "--" ? end + 1 : end) };
}
