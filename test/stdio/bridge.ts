/** The bridge as a process of its own, on a port that was free. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const BRIDGE = join(ROOT, "src/stdio/image/bridge.ts");
const WAIT_MILLISECONDS = 20_000;
const POLL_MILLISECONDS = 20;

/** The reference server, which uses every feature of the protocol. */
export const EVERYTHING = [
	process.execPath,
	join(ROOT, "node_modules/@modelcontextprotocol/server-everything/dist/index.js"),
];

/** @returns the command that runs one of the small servers in `children/` */
export function childCommand(name: string, ...args: string[]): string[] {
	return [process.execPath, join(import.meta.dirname, "children", `${name}.ts`), ...args];
}

export type LogEvent = { readonly event: string; readonly [field: string]: unknown };

export type BridgeOptions = {
	command?: readonly string[];
	flags?: readonly string[];
	env?: Readonly<Record<string, string>>;
};

export type Bridge = {
	readonly origin: string;
	/** What it logged so far. */
	events(name?: string): LogEvent[];
	/** All it printed, on stdout and stderr. */
	output(): string;
	/** Waits until something was logged. */
	event(name: string, holds?: (event: LogEvent) => boolean): Promise<LogEvent>;
	/** Resolves with the exit code. */
	stop(signal?: NodeJS.Signals): Promise<number | null>;
};

export async function startBridge({ command = [], flags = [], env = {} }: BridgeOptions): Promise<Bridge> {
	const args = [BRIDGE, "--port", "0", ...flags, ...(command.length > 0 ? ["--", ...command] : [])];
	const bridge = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	let stderr = "";
	bridge.stdout.on("data", (chunk) => (output += chunk));
	bridge.stderr.on("data", (chunk) => {
		output += chunk;
		stderr += chunk;
	});
	const closed = once(bridge, "close");
	const kill = () => bridge.kill("SIGKILL");
	process.once("exit", kill);
	const events = (name?: string) => {
		const lines = stderr.split("\n").filter((line) => line.startsWith("{"));
		const all = lines.map((line): LogEvent => JSON.parse(line));
		return name === undefined ? all : all.filter(({ event }) => event === name);
	};
	const origin = await waitFor("the bridge to listen", () => {
		if (bridge.exitCode !== null) throw new Error(`The bridge ended:\n${output}`);
		return /^Bridge: (http:\S+)/m.exec(output)?.[1];
	});
	return {
		origin,
		events,
		output: () => output,
		event: (name, holds = () => true) => waitFor(`${name} in the log`, () => events(name).find(holds)),
		async stop(signal = "SIGTERM") {
			bridge.kill(signal);
			await closed;
			process.off("exit", kill);
			return bridge.exitCode;
		},
	};
}

/** A bridge for one test, which takes it along. */
export async function bridgeForTest(options: BridgeOptions): Promise<Bridge> {
	const bridge = await startBridge(options);
	onTestFinished(async () => {
		await bridge.stop();
	});
	return bridge;
}

/** @returns what there is, as soon as there is something */
export async function waitFor<T>(what: string, find: () => T | undefined | false): Promise<T> {
	const deadline = performance.now() + WAIT_MILLISECONDS;
	for (;;) {
		const found = find();
		if (found !== undefined && found !== false) return found;
		if (performance.now() > deadline) throw new Error(`Waited in vain for ${what}`);
		await delay(POLL_MILLISECONDS);
	}
}

export function isRunning(pid: unknown): boolean {
	if (typeof pid !== "number") throw new Error(`No process number: ${pid}`);
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}
