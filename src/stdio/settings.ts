/** The settings of the stdio MCP server. */
import { z } from "zod";
import { parseSettings, seconds, text } from "../auth/parse-settings.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { shownCommand } from "./shown-command.ts";

/** How long an idle child is kept by default. In a container the time is shorter, because containers cost money. */
const IDLE_SECONDS = 30 * 60;
const CONTAINER_IDLE_SECONDS = 10 * 60;
const MAX_IDLE_SECONDS = 24 * 60 * 60;

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

const schema = z.object({
	STDIO_COMMAND: text,
	STDIO_URL: text.refine(
		(url) => url === "" || (isOrigin(url) && isLoopbackUrl(url)),
		"takes the address of a bridge on this computer, such as http://127.0.0.1:8790",
	),
	STDIO_PIPE_SECRET: text,
	STDIO_IDLE_SECONDS: seconds(0, MAX_IDLE_SECONDS),
});

export type StdioSettings = {
	/** The bridge on this computer, or a container for each user. Undefined if there is no stdio server. */
	readonly place: { readonly url: string; readonly secret: string } | "container" | undefined;
	readonly idleSeconds: number;
	/** The part of the command that may be shown; undefined if the command is not known. */
	readonly command: string | undefined;
	/** A sentence for each setting that is wrong. */
	readonly problems: readonly string[];
};

const MISSING_SECRET =
	"STDIO_URL needs STDIO_PIPE_SECRET, the secret of the program there: `npm run start:stdio -- <command>` sets both.";

const read = new WeakMap<Env, StdioSettings>();

export function readStdioSettings(env: Env): StdioSettings {
	const known = read.get(env);
	if (known) return known;
	const { settings, wrong } = parseSettings(schema, env);
	const { STDIO_COMMAND: command, STDIO_URL: url, STDIO_PIPE_SECRET: secret } = settings;
	const inContainer = command === "" ? undefined : "container";
	const place = url === "" ? inContainer : { url, secret };
	const made: StdioSettings = {
		place,
		idleSeconds: settings.STDIO_IDLE_SECONDS || (place === "container" ? CONTAINER_IDLE_SECONDS : IDLE_SECONDS),
		command: shownCommand(command),
		problems: [...wrong.values(), ...(url !== "" && secret === "" ? [MISSING_SECRET] : [])],
	};
	read.set(env, made);
	return made;
}
