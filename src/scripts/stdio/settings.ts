/** The settings of the stdio server for the scripts. STDIO_COMMAND in the environment or `.dev.vars` turns it on. */
import { splitWords } from "../../bridge/words.ts";
import { DEV_VARS, readDevVars, type Variables } from "../dev-vars.ts";

export type ContainerSettings = {
	/** The command line, as one line. */
	readonly command: string;
	/** The maximum number of containers, and therefore of users, at a time. */
	readonly maxInstances: number;
	/** The time after which an idle container is stopped. */
	readonly sleepAfter: string;
	/** Where the command was found, for messages. */
	readonly source: string;
};

const DEFAULT_MAX_INSTANCES = 20;
const DEFAULT_SLEEP_AFTER = "10m";

/**
 * @param env overrides the file; an empty STDIO_COMMAND there turns the container off
 * @returns the settings; undefined if no command is set
 * @throws Error that names the wrong setting
 */
export function readContainerSettings(
	env: Variables = process.env,
	file = readDevVars(),
): ContainerSettings | undefined {
	const command = (env.STDIO_COMMAND ?? file.STDIO_COMMAND ?? "").trim();
	if (command === "") return undefined;
	const source = env.STDIO_COMMAND === undefined ? `from ${DEV_VARS}` : "from the environment";
	checkCommand(command, source);
	const limit = env.STDIO_MAX_INSTANCES || file.STDIO_MAX_INSTANCES || String(DEFAULT_MAX_INSTANCES);
	if (!/^[1-9]\d*$/.test(limit)) throw new Error(`STDIO_MAX_INSTANCES must be a whole number from 1 up: ${limit}`);
	const sleepAfter = env.STDIO_SLEEP_AFTER || file.STDIO_SLEEP_AFTER || DEFAULT_SLEEP_AFTER;
	if (!/^[1-9]\d*[smh]?$/.test(sleepAfter)) {
		throw new Error(`STDIO_SLEEP_AFTER must be a number of seconds, or end with s, m or h: ${sleepAfter}`);
	}
	return { command, maxInstances: Number(limit), sleepAfter, source };
}

/** @throws Error that does not show the command, which may hold a key */
function checkCommand(command: string, source: string): void {
	const setting = `STDIO_COMMAND (${source})`;
	// The command is passed as one line, in flags and in the Dockerfile.
	if (/[\r\n]/.test(command)) throw new Error(`${setting} must be one line.`);
	if (splitWords(command, setting).length === 0) throw new Error(`${setting} names no command.`);
}
