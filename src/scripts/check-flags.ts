/** Checks the flags of `npm start` before Wrangler gets them. Errors explain what is wrong and what to type instead. */
import { accessSync, constants, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { misspelledFlag, nearestFlag } from "./nearest-flag.ts";
import { findNpm, flagKeptByNpm, npmCommand } from "./npm.ts";
import { FLAG_NAMES, FLAGS, flagValue, kebabCase, REMOTE_AI, takesValue, typeOf } from "./wrangler-flags.ts";

const MAX_PORT = 65_535;

/**
 * Checks the flags for typing mistakes, and for flags that npm did not pass on.
 *
 * @param flags the flags that this script got
 * @param rest the other words that it got; if npm kept a flag, its value may be among them
 * @throws Error with a sentence that explains what to type
 */
export function checkFlags(flags: readonly string[], rest: readonly string[] = []): void {
	refuseKeptFlags(flags, rest);
	for (const [index, word] of flags.entries()) {
		const [, dashes, name = "", value = ""] = /^([-–—]+)([a-z][\w-]*)(.*)$/is.exec(word) ?? [];
		if (dashes === undefined) {
			checkWord(flags, index);
		} else if (dashes === "--") {
			refuseMisspelled(name);
			checkValue(flags, name);
		} else if (dashes !== "-" || name.length > 1) {
			const reason = dashes === "-" ? "begins with one dash" : "does not begin with two plain dashes";
			const corrected = [`--${nearestFlag(name) ?? name}${value}`, ...flags.slice(index + 1)].join(" ");
			throw new Error(`${word} ${reason}. Flags begin with two: ${example(corrected)}`);
		}
	}
	checkFolder(flagValue(flags, "persist-to"));
}

/** Refuses a word that is neither a flag nor a flag's value: npm kept its flag, or its dashes are missing. */
function checkWord(flags: readonly string[], index: number): void {
	const word = flags[index] ?? "";
	const owner = flags.findLastIndex((flag, at) => at < index && flag.startsWith("-"));
	const flag = flags[owner] ?? "";
	const isNext = owner === index - 1;
	if (owner !== -1 && (typeOf(flag) === "list" || (isNext && (takesValue(flag) || /^(true|false)$/.test(word)))))
		return;
	if (/^\d+$/.test(word)) throw new Error(`A port is a flag's value: ${example(`--port ${word}`)}`);
	// Wrangler can run a file other than the configured one.
	if (statSync(word, { throwIfNoEntry: false })?.isFile()) return;
	const nearest = nearestFlag(word);
	const correction = nearest ? `Did you mean --${nearest}?` : `Flags stand behind --: ${example("--port 9000")}`;
	throw new Error(`${word} is neither a flag nor a flag's value. ${correction}`);
}

/** Refuses a misspelled flag, for which Wrangler would print its whole help. Its hidden flags resemble no others. */
function refuseMisspelled(name: string): void {
	const word = kebabCase(name);
	if (FLAGS[word] !== undefined || `--${word}` === REMOTE_AI || word.startsWith("no-")) return;
	const nearest = misspelledFlag(word);
	if (nearest) throw new Error(`There is no flag --${name}. Did you mean --${nearest}?`);
}

function refuseKeptFlags(flags: readonly string[], rest: readonly string[]): void {
	const npm = findNpm();
	const kept = FLAG_NAMES.flatMap((name) => {
		const value = flagValue(flags, name) === undefined ? flagKeptByNpm(name, npm) : undefined;
		return value === undefined ? [] : [{ name, value, type: FLAGS[name] ?? "switch" }];
	});
	if (kept.length === 0) return;
	const words = [...flags, ...rest];
	// npm treats an unknown flag as a switch, and its value as an argument.
	const takeValue = ({ value, type }: (typeof kept)[number]): string => {
		if (type === "switch") return "";
		if (value !== "true") return ` ${value}`;
		const isNumber = type === "number";
		const index = words.findIndex((word) => /^\d+$/.test(word) === isNumber);
		const [word] = index === -1 ? [] : words.splice(index, 1);
		// If there are several values, it is unknown which flag each belongs to.
		const isOnly =
			kept.filter((other) => other.type !== "switch" && (other.type === "number") === isNumber).length === 1;
		return word === undefined ? "" : ` ${isOnly ? word : "…"}`;
	};
	const written = kept.map((flag) => `--${flag.name}${takeValue(flag)}`);
	const command = words.length > 0 ? `${rest.length > 0 ? "-- " : ""}${words.join(" ")}` : "";
	throw new Error(
		`npm kept ${written.join(" and ")} for itself. Put -- in front of the flags: ${example(`${written.join(" ")} ${command}`)}`,
	);
}

function checkValue(flags: readonly string[], name: string): void {
	const value = flagValue(flags, name);
	const type = FLAGS[name];
	if (value === undefined || type === undefined || type === "switch") return;
	if (type === "number" && !(/^\d+$/.test(value) && Number(value) <= MAX_PORT)) {
		const given = value === "" ? "" : `, not ${value}`;
		throw new Error(`--${name} takes a number up to ${MAX_PORT}${given}: ${example(`--${name} 9000`)}`);
	}
	if (value === "") throw new Error(`--${name} needs a value behind it. All flags: ${example("--help")}`);
}

/** Without this check, Wrangler would wait forever without a message. */
function checkFolder(folder: string | undefined): void {
	if (folder === undefined) return;
	try {
		makeFolder(resolve(folder));
		accessSync(folder, constants.W_OK);
	} catch (error) {
		const reason = error instanceof Error && "code" in error ? error.code : error;
		throw new Error(
			`Nothing can be stored in ${folder} (${reason}). Give --persist-to a folder that you may write to.`,
		);
	}
}

/** Node's own `recursive` loops forever if the system reports that the parent folder does not exist, as in /proc. */
function makeFolder(folder: string): void {
	if (existsSync(folder)) return;
	makeFolder(dirname(folder));
	mkdirSync(folder);
}

/** An example command: this script with other flags. */
export function example(flags: string): string {
	const command = process.env.npm_lifecycle_event === "start:stdio" && !flags.includes(" -- ") ? " -- <command>" : "";
	return `${npmCommand()} -- ${flags.trim()}${command}`;
}
