/** A stdio MCP server as its users reach it: the Worker in workerd, with sign-in, in front of the bridge and its children. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { afterAll, beforeAll, inject, onTestFinished } from "vitest";
import { OAuthClient, type Tokens } from "../support/oauth-client.ts";
import { builtChild, builtFolder } from "./bundle.ts";
import { isRunning, type LogEvent, waitFor } from "./processes.ts";
import { spawnBridge } from "./program.ts";

const HOST = "127.0.0.1";
export const COOKIE_ENCRYPTION_KEY = "a key that only the tests use, long enough";

type Variables = Readonly<Record<string, string>>;

export type StdioOptions = {
	/** What the bridge runs for each client. */
	command: readonly string[];
	/** The Worker's. */
	settings?: Variables;
	/** The bridge's, beside what tests have in their own. */
	bridgeEnv?: Variables;
};

export type SignedIn = Tokens & { readonly client_id: string };

export type SignInOptions = {
	/** The id of a client that is registered already; a new one is registered, if left out. */
	client?: string;
	/** Beside `stdio`, which everyone has on this computer. */
	permissions?: string[];
};

export type Stdio = {
	readonly origin: string;
	/** Signs somebody in. The token is good at every address. */
	signIn(email: string, options?: SignInOptions): Promise<SignedIn>;
	/** What the bridge has logged so far. */
	events(name?: string): LogEvent[];
	/** Waits until the bridge has logged something. */
	event(name: string, holds?: (event: LogEvent) => boolean): Promise<LogEvent>;
	/** What a child wrote to its stderr, line by line. @param pid of a child that has started */
	stderrOf(pid: number): string[];
	/** The processes of all children that have started and not ended. */
	running(): number[];
	/** What the Worker has logged so far. */
	workerLog(): string;
	/** What the bridge has printed so far. */
	bridgeLog(): string;
	/** As a deployment does it: what the Worker has in memory goes, what it has stored stays, and so does the bridge. */
	restartWorker(): Promise<void>;
	stopWorker(): Promise<void>;
	/** Ends the bridge, and with it all children. */
	stopBridge(): Promise<void>;
	stop(): Promise<void>;
};

export async function startStdio({ command, settings = {}, bridgeEnv = {} }: StdioOptions): Promise<Stdio> {
	const secret = randomBytes(32).toString("hex");
	const state = await mkdtemp(join(tmpdir(), "stdio-state-"));
	const { bridge, url, output } = await spawnBridge({ command, env: bridgeEnv, secret });
	let workerLog = "";
	const start = async (port: number): Promise<Miniflare> => {
		const bindings = { COOKIE_ENCRYPTION_KEY, ...settings };
		const miniflare = new Miniflare(
			await workerOptions({
				port,
				state,
				bindings: { ...bindings, STDIO_URL: url, STDIO_PIPE_SECRET: secret },
				onlog: (line) => (workerLog += `${line}\n`),
			}),
		);
		await miniflare.ready;
		return miniflare;
	};
	let miniflare: Miniflare | undefined = await start(0);
	const { port } = await miniflare.ready;
	const stopWorker = async () => {
		await miniflare?.dispose();
		miniflare = undefined;
	};
	const stopBridge = async () => {
		const closed = once(bridge, "close");
		if (bridge.exitCode === null && bridge.signalCode === null && bridge.kill("SIGTERM")) await closed;
	};
	const origin = `http://${HOST}:${port}`;
	const client = new OAuthClient((to, init) => fetch(to, init), origin);

	const events = (name?: string) => {
		const lines = output()
			.split("\n")
			.filter((line) => line.startsWith("{"));
		const all = lines.map((line): LogEvent => JSON.parse(line));
		return name === undefined ? all : all.filter(({ event }) => event === name);
	};
	return {
		origin,
		signIn: (email, { client: clientId, permissions = [] } = {}) =>
			client.signIn({ email, permissions, resource: origin, ...(clientId !== undefined && { clientId }) }),
		events,
		event: (name, holds = () => true) => waitFor(`${name} in the log`, () => events(name).find(holds)),
		stderrOf(pid) {
			const started = events("child_start").find((event) => event.pid === pid);
			const own = events("child_stderr").filter((event) => nameOf(event) === (started && nameOf(started)));
			return own.map(({ line }) => String(line));
		},
		running: () =>
			events("child_start")
				.flatMap(({ pid }) => (typeof pid === "number" ? [pid] : []))
				.filter(isRunning),
		workerLog: () => workerLog,
		bridgeLog: output,
		async restartWorker() {
			await stopWorker();
			miniflare = await start(Number(port));
		},
		stopWorker,
		stopBridge,
		async stop() {
			await Promise.all([stopWorker(), stopBridge()]);
			await rm(state, { recursive: true, force: true, maxRetries: 5 });
		},
	};
}

/** How the bridge's log names a child. */
function nameOf({ child, session }: LogEvent): unknown {
	return child ?? session;
}

type WorkerOptions = { port: number; state: string; bindings: Variables; onlog: (line: string) => void };

async function workerOptions({ port, state, bindings, onlog }: WorkerOptions) {
	const worker = inject("worker");
	const { compatibilityDate, compatibilityFlags } = worker;
	const folder = await builtFolder(worker);
	const objects = Object.entries(worker.objects).map(([name, className]) => [name, { className, useSQLite: true }]);
	return convertV4MiniflareOptions({
		host: HOST,
		port,
		cf: false,
		log: new Log(LogLevel.NONE),
		handleStructuredLogs: ({ message }) => onlog(message),
		resourcePersistencePath: state,
		workers: [
			{
				name: "worker",
				modules: [{ type: "ESModule", path: join(folder, "index.js") }],
				modulesRoot: folder,
				compatibilityDate,
				compatibilityFlags,
				kvNamespaces: { OAUTH_KV: "grants" },
				durableObjects: Object.fromEntries(objects),
				bindings,
			},
		],
	});
}

/** @returns the command that runs one of the small servers in `children/` */
export function childCommand(name: string): string[] {
	return [process.execPath, builtChild(inject("worker"), name)];
}

/** A server for the tests of a file or of a `describe`. */
export function useStdio(options: StdioOptions): Stdio {
	let server: Stdio | undefined;
	beforeAll(async () => {
		server = await startStdio(options);
	});
	afterAll(() => server?.stop());
	return new Proxy({} as Stdio, {
		get(_, name) {
			if (!server) throw new Error("The server is not running");
			return Reflect.get(server, name);
		},
	});
}

/** A server for one test, which takes it along. */
export async function stdioForTest(options: StdioOptions): Promise<Stdio> {
	const server = await startStdio(options);
	onTestFinished(() => server.stop());
	return server;
}
