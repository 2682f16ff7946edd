/** Checks the flags of `npm start` before Wrangler gets them. Errors explain what is wrong and what to type instead. */
import { accessSync, constants, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { findNpm, flagKeptByNpm, npmCommand } from "./npm.ts";

export const REMOTE_AI = "--remote-ai";

/** The flags of `wrangler dev` as in its help; a test compares them. A switch takes no value, a list takes several. */
export const FLAGS: Readonly<Record<string, "switch" | "text" | "number" | "list">> = {
	alias: "list",
	assets: "text",
	"compatibility-date": "text",
	"compatibility-flag": "list",
	"compatibility-flags": "list",
	config: "text",
	cwd: "text",
	define: "list",
	env: "text",
	"env-file": "list",
	help: "switch",
	host: "text",
	"https-cert-path": "text",
	"https-key-path": "text",
	"infer-origin-from-routes": "switch",
	"inspector-ip": "text",
	"inspector-port": "number",
	"install-skills": "switch",
	ip: "text",
	"jsx-factory": "text",
	"jsx-fragment": "text",
	latest: "switch",
	"live-reload": "switch",
	local: "switch",
	"local-protocol": "text",
	"local-upstream": "text",
	"log-level": "text",
	minify: "switch",
	name: "text",
	"no-bundle": "switch",
	"persist-to": "text",
	port: "number",
	profile: "text",
	remote: "switch",
	route: "list",
	routes: "list",
	"show-interactive-dev-session": "switch",
	"test-scheduled": "switch",
	tsconfig: "text",
	tunnel: "switch",
	"tunnel-allowed-mail": "list",
	"tunnel-name": "text",
	types: "switch",
	"upstream-protocol": "text",
	var: "list",
	version: "switch",
};

const ALIASES: Readonly<Record<string, string>> = {
	c: "config",
	e: "env",
	h: "help",
	l: "local",
	r: "remote",
	v: "version",
};

const NAMES = [...Object.keys(FLAGS), REMOTE_AI.slice(2)];
const MAX_PORT = 65_535;
/** A word with more typing mistakes than this counts as another word. */
const MAX_MISTAKES = 2;

/** @returns the last value of a flag; "" if it has no value; undefined if the flag is not given */
export function flagValue(flags: readonly string[], name: string): string | undefined {
	const index = flags.findLastIndex((flag) => flag === `--${name}` || flag.startsWith(`--${name}=`));
	const flag = flags[index];
	if (flag === undefined) return undefined;
	const next = flags[index + 1];
	if (flag.includes("=")) return flag.slice(flag.indexOf("=") + 1);
	return next === undefined || next.startsWith("-") ? "" : next;
}

/** @returns how many of the first words are flags and their values; the command begins after them */
export function countFlags(words: readonly string[]): number {
	let count = 0;
	for (let word = words[0]; word?.startsWith("-") && word !== "--"; word = words[count]) {
		count += takesValue(word) && count + 1 < words.length ? 2 : 1;
	}
	return count;
}

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

function typeOf(flag: string): (typeof FLAGS)[string] | undefined {
	const name = flag.replace(/^-+/, "");
	return FLAGS[ALIASES[name] ?? kebabCase(name)];
}

function takesValue(flag: string): boolean {
	return !flag.includes("=") && flag !== REMOTE_AI && typeOf(flag) !== "switch";
}

/** Wrangler also accepts `--persistTo` as `--persist-to`. */
function kebabCase(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
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
	const kept = NAMES.flatMap((name) => {
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

/** @returns the flag that was probably meant: a similar one, or one that is a prefix of the word or the reverse */
export function nearestFlag(word: string): string | undefined {
	return misspelledFlag(word) ?? NAMES.find((name) => name.startsWith(word) || word.startsWith(name));
}

function misspelledFlag(word: string): string | undefined {
	const candidates = NAMES.map((name) => ({ name, mistakes: distance(word, name) }));
	const [best] = candidates.sort((a, b) => a.mistakes - b.mistakes);
	return best && best.mistakes <= MAX_MISTAKES ? best.name : undefined;
}

/** The edit distance of two words: how many letters must be inserted, deleted, replaced or swapped with a neighbour. */
function distance(from: string, to: string): number {
	let before: number[] = [];
	let last = Array.from({ length: to.length + 1 }, (_, index) => index);
	for (const [row, letter] of [...from].entries()) {
		const next = [row + 1];
		for (const [column, other] of [...to].entries()) {
			const at = (line: readonly number[], index: number) => line[index] ?? Number.POSITIVE_INFINITY;
			const replaced = at(last, column) + (letter === other ? 0 : 1);
			const isSwapped = letter === to[column - 1] && other === from[row - 1];
			const swapped = isSwapped ? at(before, column - 1) + 1 : replaced;
			next.push(Math.min(replaced, swapped, at(last, column + 1) + 1, at(next, column) + 1));
		}
		before = last;
		last = next;
	}
	return last.at(-1) ?? 0;
}
