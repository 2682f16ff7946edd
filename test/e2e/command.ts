/** Command-line clients: where npm put them, how they are run, and the address that they ask a person to open. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { waitFor } from "./server.ts";

const BIN = join(import.meta.dirname, "../../node_modules/.bin");
const RUN_MILLISECONDS = 60_000;
const PROMPT_MILLISECONDS = 60_000;

export type Run = {
	/** What it wrote to standard output; rejected with all that it printed, if it fails. */
	readonly result: Promise<string>;
	/** What it printed so far. */
	printed(): string;
};

/** The path of a program that an npm package brings, to be run with this Node. */
export function npmProgram(name: string): string {
	return join(BIN, name);
}

/** Runs such a program to its end, in exactly this environment. */
export function runNpmProgram(name: string, args: readonly string[], env: Readonly<Record<string, string>>): Run {
	const { promise: result, resolve, reject } = Promise.withResolvers<string>();
	// The generated types declare this Worker's settings as part of every environment.
	const options = { env: env as NodeJS.ProcessEnv, timeout: RUN_MILLISECONDS };
	let printed = "";
	const child = execFile(process.execPath, [npmProgram(name), ...args], options, (error, stdout) => {
		if (error) reject(new Error(`${name} failed. It printed:\n${printed}`, { cause: error }));
		else resolve(stdout);
	});
	for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (printed += chunk));
	return { result, printed: () => printed };
}

/**
 * Waits until a client has printed an authorization URL.
 *
 * @param count how many it should have printed by then; the last one is returned
 */
export async function readAuthorizationUrl(printed: () => string, count = 1): Promise<string> {
	let url: string | undefined;
	const isPrinted = async () => {
		url = [...printed().matchAll(/(http:\S+\/authorize\?\S+)\s/g)][count - 1]?.[1];
		return url !== undefined;
	};
	await waitFor("an authorization URL", isPrinted, PROMPT_MILLISECONDS).catch((cause) => {
		throw new Error(`The client asked nobody to sign in. It printed:\n${printed()}`, { cause });
	});
	return url ?? "";
}
