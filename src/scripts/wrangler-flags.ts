/** The flags that `npm start` takes: those of `wrangler dev` and one of its own. How they are read from a command line. */

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

export const FLAG_NAMES = [...Object.keys(FLAGS), REMOTE_AI.slice(2)];

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

export function typeOf(flag: string): (typeof FLAGS)[string] | undefined {
	const name = flag.replace(/^-+/, "");
	return FLAGS[ALIASES[name] ?? kebabCase(name)];
}

export function takesValue(flag: string): boolean {
	return !flag.includes("=") && flag !== REMOTE_AI && typeOf(flag) !== "switch";
}

/** Wrangler also accepts `--persistTo` as `--persist-to`. */
export function kebabCase(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
