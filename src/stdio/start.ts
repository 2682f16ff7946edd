/**
 * `npm run start:stdio -- <command>`: the Worker on this computer with a stdio MCP server behind it, without Docker.
 * The bridge of the container's image runs as a process beside the Worker.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startWorker } from "../local-worker.ts";
import { Processes } from "../processes.ts";
import { readStdioSettings } from "./settings.ts";

const BRIDGE = join(import.meta.dirname, "image/bridge.ts");
const USAGE = `Which stdio MCP server? Give the command that starts it:

  npm run start:stdio -- npx -y @modelcontextprotocol/server-everything

On another port:             PORT=9000 npm run start:stdio -- <command>
With flags for the Worker:   npm run start:stdio -- --port 9000 -- <command>
Without a command here, STDIO_COMMAND has it, in the environment or in .dev.vars.`;

const { flags, command } = readArguments(process.argv.slice(2));
const settings = command.length > 0 ? undefined : readStdioSettings();
if (command.length > 0 || settings) {
	await start(settings ? { ...process.env, STDIO_COMMAND: settings.command } : process.env);
} else {
	console.error(USAGE);
	process.exitCode = 2;
}

/** Flags for `wrangler dev` come first, and end with `--`; without flags everything is the command. */
function readArguments(args: readonly string[]): { flags: string[]; command: string[] } {
	const end = args[0]?.startsWith("-") ? args.indexOf("--") : -1;
	const flags = args.slice(0, Math.max(end, 0));
	const command = args.slice(end + 1);
	// Flags without the end of them: what follows cannot be told apart.
	return command[0]?.startsWith("-") ? { flags, command: [] } : { flags, command };
}

async function start(env: NodeJS.ProcessEnv): Promise<void> {
	const processes = new Processes();
	const bridge = spawn(process.execPath, [BRIDGE, "--port", "0", "--", ...command], {
		env,
		stdio: ["ignore", "pipe", "inherit"],
	});
	processes.add("The bridge", bridge);
	const url = await readUrl(bridge);
	if (url === undefined || processes.isStopping) return;
	const hasPort = flags.some((flag) => /^--port(=|$)/.test(flag));
	const port = process.env.PORT && !hasPort ? ["--port", process.env.PORT] : [];
	const worker = startWorker({ flags: ["--var", `STDIO_URL:${url}`, ...port, ...flags], hasStdio: true });
	processes.add("The Worker", worker);
}

/** Passes on what the bridge prints. @returns where it listens, as it says; nothing, if it ends before */
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
