/**
 * `npm run start:stdio -- <command>`: runs the Worker on this computer with a stdio MCP server, without Docker. The
 * bridge program of the container's image runs as a process beside the Worker.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { childEnvironment } from "../../bridge/environment.ts";
import { AS_GROUP } from "../../bridge/process-group.ts";
import { splitWords } from "../../bridge/words.ts";
import { shownCommand } from "../../stdio/shown-command.ts";
import { buildAssets, endBundler } from "../assets.ts";
import { checkFlags } from "../check-flags.ts";
import { readDevVars } from "../dev-vars.ts";
import { startWorker } from "../local-worker.ts";
import { Processes } from "../processes.ts";
import { countFlags, flagValue } from "../wrangler-flags.ts";
import { hasConfigFlag } from "./deployment.ts";
import { withSecret } from "./secret-config.ts";
import { readContainerSettings } from "./settings.ts";

const BRIDGE = join(import.meta.dirname, "../../bridge/main.ts");
const SECRET_BYTES = 32;
const USAGE = `Which stdio MCP server? Give the command that starts it:

  npm run start:stdio -- npx -y @modelcontextprotocol/server-everything

On another port:             PORT=9000 npm run start:stdio -- <command>
With flags for the Worker:   npm run start:stdio -- --port 9000 -- <command>
Without a command here, STDIO_COMMAND has it, in the environment or in .dev.vars.`;

const { flags, command } = readArguments(process.argv.slice(2));
const processes = new Processes();
try {
	checkFlags(flags, command);
	const settings = command.length > 0 ? undefined : readContainerSettings();
	if (command.length === 0 && !settings) {
		console.error(USAGE);
		process.exitCode = 2;
	} else {
		const port = process.env.PORT && flagValue(flags, "port") === undefined ? ["--port", process.env.PORT] : [];
		const words = settings ? splitWords(settings.command) : command;
		checkEnvironment(words);
		// Most arguments are left out, because they may hold keys.
		const shown = ["--var", `STDIO_COMMAND:${shownCommand(words) ?? ""}`];
		await start(
			[...shown, ...port, ...flags],
			settings ? { ...process.env, STDIO_COMMAND: settings.command } : process.env,
		);
	}
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}

/** @throws Error if the port or the command is not valid; otherwise only the first client would get the error */
function checkEnvironment([file = ""]: readonly string[]): void {
	const { PORT } = process.env;
	if (PORT && !/^\d+$/.test(PORT))
		throw new Error(`PORT takes a number, not ${PORT}: PORT=9000 npm run start:stdio -- <command>`);
	const { PATH = "" } = childEnvironment(process.env, { id: "", login: "", permissions: "" });
	const places = file.includes("/") ? [file] : PATH.split(delimiter).map((folder) => join(folder, file));
	if (places.some(isExecutable) || process.platform === "win32") return;
	throw new Error(
		`There is no command ${file}${file.includes("/") ? "" : " in the folders of PATH"}. Is it installed, and spelled like this?`,
	);
}

function isExecutable(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

/** Flags for `wrangler dev` come first. They end at `--`, or else before the first word that is not a flag. */
function readArguments(args: readonly string[]): { flags: string[]; command: string[] } {
	const end = args[0]?.startsWith("-") ? args.indexOf("--") : -1;
	const count = end === -1 ? countFlags(args) : end;
	return { flags: args.slice(0, count), command: args.slice(end === -1 ? count : end + 1) };
}

async function start(workerFlags: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
	const bridge = spawn(process.execPath, [BRIDGE, "--port", "0", "--", ...command], {
		...AS_GROUP,
		env,
		stdio: ["ignore", "pipe", "inherit", "ipc"],
	});
	processes.add("The bridge", bridge);
	// A secret in `.dev.vars` would override the one in Wrangler's configuration, so use it.
	const secret = readDevVars().STDIO_PIPE_SECRET || randomBytes(SECRET_BYTES).toString("hex");
	bridge.send({ secret });
	const [url, flags] = await Promise.all([readUrl(bridge), withSecret(workerFlags, secret), buildAssets()]);
	await endBundler();
	if (url === undefined || processes.isStopping) return;
	processes.add("The Worker", startWorker(["--var", `STDIO_URL:${url}`, ...flags], hasConfigFlag(workerFlags)));
}

/** Passes on the output of the bridge. @returns the address that it prints; undefined if it ends before */
function readUrl({ stdout }: ChildProcess): Promise<string | undefined> {
	return new Promise((resolve) => {
		if (!stdout) return resolve(undefined);
		const lines = createInterface(stdout);
		lines.on("line", (line) => {
			console.log(line);
			const url = /^Bridge: (http:\S+)/.exec(line)?.[1];
			if (url !== undefined) resolve(url);
		});
		lines.on("close", () => resolve(undefined));
	});
}
