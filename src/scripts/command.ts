/** What the commands behind `npm run keys` and `npm run grants` have in common: arguments, and errors as sentences. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { findNpm, flagKeptByNpm } from "./npm.ts";

/** Flags that npm has too. It may have them from its own configuration, so they do not show that it kept one. */
const OF_NPM = ["json", "yes"];

type Command<Options extends ParseArgsOptionsConfig> = {
	/** The script in package.json. */
	readonly script: string;
	readonly help: string;
	readonly options: Options;
};

/**
 * Parses the arguments of this process.
 *
 * @throws Error with a sentence if npm kept a flag for itself, or an argument is wrong
 */
export function parseCommand<Options extends ParseArgsOptionsConfig>({ script, help, options }: Command<Options>) {
	const args = process.argv.slice(2);
	const npm = findNpm();
	const kept = Object.keys(options).find((name) => !OF_NPM.includes(name) && flagKeptByNpm(name, npm) !== undefined);
	if (kept) {
		const line = `npm run ${script} -- ${args.join(" ")} --${kept} …`;
		throw new Error(`npm kept --${kept} for itself. Put -- in front: ${line}`);
	}
	try {
		return parseArgs({ args, options, allowPositionals: true });
	} catch (error) {
		throw new Error(`${error instanceof Error ? error.message : error}\n\n${help}`);
	}
}

/** Runs a command. If it throws, prints the message, and the process ends with status 1. */
export async function runCommand(run: () => Promise<void>): Promise<void> {
	try {
		await run();
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	}
}
