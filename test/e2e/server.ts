/**
 * The server, started as its users start it: `npm start`. As Vitest's global setup it runs one for all files;
 * a test that stops or restarts a server starts its own.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { TestProject } from "vitest/node";
import { NO_VARIABLES } from "../support/environment.ts";

declare module "vitest" {
	interface ProvidedContext {
		/** `http://localhost:<port>` of the running server. */
		origin: string;
		/** What it printed when it had started. */
		greeting: string;
		/** For what the files of a test run share; it is removed in the end. */
		folder: string;
	}
}

const ROOT = join(import.meta.dirname, "../..");
const START_MILLISECONDS = 90_000;
/** Wrangler ends within a second or two; what does not is killed. */
const STOP_MILLISECONDS = 20_000;
const POLL_MILLISECONDS = 100;
/** Of what `npm start` prints when it has started. */
const LAST_LINE = "Stop with Ctrl-C.";

export type ServerOptions = {
	/** The folder of the project, if not this one. */
	root?: string;
	port?: number;
	/** Where the server keeps its state; a new folder that goes with the server, if left out. */
	persistTo?: string;
	/** More flags for `npm start --`. */
	flags?: readonly string[];
	/** Which script of package.json starts it, if not `start`. */
	script?: string;
	/** What follows the flags and `--`. */
	command?: readonly string[];
	env?: Readonly<Record<string, string>>;
};

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

export type RunningServer = {
	readonly origin: string;
	readonly port: number;
	/** What the server printed so far. */
	output(): string;
	/** Resolves when all of it has ended. */
	readonly closed: Promise<Exit>;
	/** Signals the whole process group, as Ctrl-C in a terminal does, and waits until all of it is gone. */
	stop(signal?: NodeJS.Signals): Promise<Exit>;
};

/** Vitest's global setup. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const folder = await mkdtemp(join(tmpdir(), "e2e-"));
	const server = await startServer();
	await waitFor("the greeting", async () => server.output().includes(LAST_LINE), START_MILLISECONDS);
	project.provide("origin", server.origin);
	project.provide("greeting", server.output());
	project.provide("folder", folder);
	return async () => {
		await server.stop();
		await rm(folder, { recursive: true, force: true, maxRetries: 5 });
	};
}

/** Two servers that start at the same moment may pick the same inner port: the loser starts again. */
const ATTEMPTS = 3;

/**
 * Runs `npm run start -- --port … --persist-to …` and waits until it answers.
 *
 * @throws Error with all that the server printed, if it ends or stays silent instead
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
	for (let attempt = 1; ; attempt++) {
		try {
			return await startOnce(options);
		} catch (error) {
			const isPortTaken = error instanceof Error && /port .*is taken/i.test(error.message);
			if (!isPortTaken || attempt === ATTEMPTS) throw error;
		}
	}
}

async function startOnce(options: ServerOptions): Promise<RunningServer> {
	const port = options.port ?? (await findFreePort());
	const persistTo = options.persistTo ?? (await mkdtemp(join(tmpdir(), "e2e-server-")));
	const { root = ROOT, script = "start", flags = [], command = [] } = options;
	const args = ["run", script, "--", "--port", String(port), "--persist-to", persistTo, ...flags, ...NO_VARIABLES];
	if (command.length > 0) args.push("--", ...command);
	// Detached makes it the leader of a process group: npm, its shell, Wrangler, workerd.
	const child = spawn("npm", args, {
		cwd: root,
		detached: true,
		env: { ...environment(), ...options.env },
		stdio: ["ignore", "pipe", "pipe"],
	});
	let printed = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += chunk));
	// "close" comes when the last process that could print has ended, not only npm.
	const closed: Promise<Exit> = once(child, "close").then(([code, signal]) => ({ code, signal }));
	// A test run that is broken off takes its server along.
	const kill = () => signalGroup(child.pid, "SIGKILL");
	process.once("exit", kill);
	let isRunning = true;
	const ended = () => {
		isRunning = false;
		process.off("exit", kill);
	};
	closed.then(ended, ended);

	const origin = `http://localhost:${port}`;
	const server: RunningServer = {
		origin,
		port,
		output: () => printed,
		closed,
		async stop(signal = "SIGTERM") {
			if (isRunning) signalGroup(child.pid, signal);
			const overdue = setTimeout(() => signalGroup(child.pid, "SIGKILL"), STOP_MILLISECONDS);
			try {
				const exit = await closed;
				await waitFor("the port to be free", async () => !(await isListening(port)), STOP_MILLISECONDS);
				return exit;
			} finally {
				clearTimeout(overdue);
				if (options.persistTo === undefined) await rm(persistTo, { recursive: true, force: true, maxRetries: 5 });
			}
		},
	};
	try {
		await waitFor("the server to answer", async () => !isRunning || (await answers(origin)), START_MILLISECONDS);
		if (!isRunning) throw new Error("The server ended while it was starting");
	} catch (cause) {
		await server.stop().catch(() => {});
		throw new Error(`npm ${args.join(" ")} did not start. It printed:\n${printed}`, { cause });
	}
	return server;
}

/** A port that nothing listens on. */
export async function findFreePort(): Promise<number> {
	const server = createServer().listen(0);
	await once(server, "listening");
	const address = server.address();
	server.close();
	await once(server, "close");
	if (address === null || typeof address === "string") throw new Error("No port was given");
	return address.port;
}

/** Whether anything answers at a port of this computer. */
export async function isListening(port: number): Promise<boolean> {
	return answers(`http://localhost:${port}`);
}

/**
 * Asks again and again until a condition holds.
 *
 * @throws Error that names the condition, if it does not hold in time
 */
export async function waitFor(what: string, holds: () => Promise<boolean>, milliseconds: number): Promise<void> {
	const deadline = Date.now() + milliseconds;
	while (!(await holds())) {
		if (Date.now() > deadline) throw new Error(`Waited ${milliseconds} ms in vain for ${what}`);
		await delay(POLL_MILLISECONDS);
	}
}

async function answers(url: string): Promise<boolean> {
	try {
		await (await fetch(url)).text();
		return true;
	} catch {
		return false;
	}
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
	if (pid === undefined) return;
	try {
		process.kill(-pid, signal);
	} catch (error) {
		if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
	}
}

/** What a terminal would pass on: nothing of Vitest's. */
function environment(): NodeJS.ProcessEnv {
	const env = { ...process.env };
	for (const name of Object.keys(env)) if (name === "NODE_ENV" || name.startsWith("VITEST")) delete env[name];
	return env;
}
