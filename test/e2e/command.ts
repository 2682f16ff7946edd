/** Command-line clients: where npm put them, and the address that they ask a person to open. */
import { join } from "node:path";
import { waitFor } from "./server.ts";

const BIN = join(import.meta.dirname, "../../node_modules/.bin");
const PROMPT_MILLISECONDS = 60_000;

/** The path of a program that an npm package brings, to be run with this Node. */
export function npmProgram(name: string): string {
	return join(BIN, name);
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
