/** Filters the output of Wrangler: drops useless lines, and explains in a sentence why it did not start. */
import type { Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { eachLine } from "../bridge/lines.ts";
import { example } from "./check-flags.ts";
import { nearestFlag } from "./nearest-flag.ts";
import { flagValue } from "./wrangler-flags.ts";

const ERROR = /^✘ \[ERROR\] (.+)$/;
/** Patterns of useless lines, including the lines for requests that the Worker has answered. */
const NOISE = [
	/^ ⛅️ wrangler /,
	/^─+$/,
	/^⎔ (Starting|Reloading) local server/,
	/^\[wrangler:info\] (Ready on |- https?:|[A-Z]+ \S+ \d{3} )/,
	/^Using secrets defined in /,
	/^🪵 {2}Logs were written to /,
	/^If you think this is a bug /,
	// Wrangler compares with `.dev.vars`, not with the file that `npm run types` uses. `npm test` checks the types.
	/^❓ Your types might be out of date/,
];
const TABLE = "Your Worker has access to the following bindings:";
const HELP = "wrangler dev [script]";

type Streams = { readonly stdout: Readable; readonly stderr: Readable };

/** The errors that are explained: why Wrangler does not start, and what to do. */
const REASONS: readonly (readonly [
	RegExp,
	(match: RegExpExecArray, details: string, flags: readonly string[]) => string,
])[] = [
	[/^Unknown arguments?: (.+)$/, ([, names = ""]) => names.split(", ").map(explainUnknown).join("\n")],
	[/^Invalid values:$/, (_, details) => explainValue(details)],
	[/^Not enough arguments following: (.+)$/, ([, name]) => `--${name} needs a value behind it.`],
	[/^Address already in use \((.+?)\)/, ([, address = ""], _, flags) => explainTaken(address, flags)],
	[
		/^listen EADDRNOTAVAIL: address not available (\S+)/,
		([, ip]) => `This computer has no address ${ip}: leave --ip out, or give it one that it has.`,
	],
];

function explainUnknown(name: string): string {
	const nearest = nearestFlag(name);
	const dashes = name.length === 1 ? "-" : "--";
	const advice = nearest ? `Did you mean --${nearest}?` : `All flags: ${example("--help")}`;
	return `There is no flag ${dashes}${name}. ${advice}`;
}

/** Explains that a value is not one of the allowed ones. */
function explainValue(details: string): string {
	const [, name = "", given = "", choices = ""] = /Argument: (\S+), Given: "(.*)", Choices: (.+)/.exec(details) ?? [];
	return `--${name} takes one of ${choices.replaceAll('"', "")}, not ${given}.`;
}

/** Explains that a port is in use. If the error has no port number, it is about the inspector's port. */
function explainTaken(address: string, flags: readonly string[]): string {
	const [, port] = /:(\d+)$/.exec(address) ?? [];
	if (port !== undefined) {
		const other = example(`--port ${Number(port) + 1}`);
		return `Port ${port} is taken, by another program or by a server that still runs. Stop that one, or use another port: ${other}`;
	}
	const inspector = flagValue(flags, "inspector-port");
	const number = inspector ? ` ${inspector}` : "";
	return `The inspector's port${number} is taken (the port for a debugger, not the server's own). Leave --inspector-port out, and a free one is used.`;
}

export class WranglerOutput {
	readonly #flags: readonly string[];
	readonly #isShort: boolean;
	#isReady = false;
	/** The reason why Wrangler does not start: the first known error, and all lines after it. */
	#failure: string[] = [];
	/** The block of lines that is being dropped. */
	#block: typeof TABLE | typeof HELP | undefined;
	#wasBlank = true;

	/**
	 * Passes on the output of Wrangler.
	 *
	 * @param isShort whether to drop useless lines
	 */
	constructor({ stdout, stderr }: Streams, flags: readonly string[], isShort: boolean) {
		this.#flags = flags;
		this.#isShort = isShort;
		eachLine(stdout, Number.POSITIVE_INFINITY, (line) => {
			const text = stripVTControlCharacters(line);
			if (!this.#isInBlock(text)) this.#pass(line, text, process.stdout);
		});
		eachLine(stderr, Number.POSITIVE_INFINITY, (line) => {
			const text = stripVTControlCharacters(line);
			if (this.#isReady || !this.#isFailure(text)) this.#pass(line, text, process.stderr);
		});
	}

	/** Called when the server is ready. Later errors come from the Worker. */
	ready(): void {
		this.#isReady = true;
	}

	/** @returns why Wrangler did not start, if it ended for a known reason */
	failure(): string | undefined {
		const [error = "", ...details] = this.#failure;
		for (const [pattern, explain] of REASONS) {
			const match = pattern.exec(error);
			if (match) return explain(match, details.join("\n"), this.#flags);
		}
		return undefined;
	}

	#isFailure(text: string): boolean {
		const [, error] = ERROR.exec(text) ?? [];
		const isKnown = error !== undefined && REASONS.some(([pattern]) => pattern.test(error));
		if (this.#failure.length === 0 && !isKnown) return false;
		this.#failure.push(this.#failure.length === 0 && error !== undefined ? error : text);
		return true;
	}

	/** The table ends with an empty line. The help, which follows an error in the flags, lasts until the process ends. */
	#isInBlock(text: string): boolean {
		if (this.#isShort && text === TABLE) this.#block = TABLE;
		if (text === HELP && flagValue(this.#flags, "help") === undefined) this.#block = HELP;
		const isIn = this.#block !== undefined;
		if (this.#block === TABLE && text.trim() === "") this.#block = undefined;
		return isIn;
	}

	#pass(line: string, text: string, target: NodeJS.WriteStream): void {
		if (this.#isShort && NOISE.some((pattern) => pattern.test(text))) return;
		// Drop the repeated blank lines around the dropped lines.
		const isBlank = text.trim() === "";
		if (!(this.#isShort && isBlank && this.#wasBlank)) target.write(`${line}\n`);
		this.#wasBlank = isBlank;
	}
}
