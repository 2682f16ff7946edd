/** Processes that end together, such as the Worker and the bridge that it calls. This process ends with them. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { ignoreClosedOutput } from "../bridge/log.ts";
import { AS_GROUP, endGroup, killGroups, signalGroup, watchGroup } from "../bridge/process-group.ts";
import { findNpm } from "./npm.ts";

const PARENT_CHECK_MILLISECONDS = 500;
/** How long they may take to end after a signal, before they are killed. */
const STOP_MILLISECONDS = 3_000;
/** How long the rest of a process group may take to end. */
const REST_MILLISECONDS = 1_000;
/** One Ctrl-C may arrive twice, from the terminal and from npm. A second Ctrl-C by the user comes later than this. */
const SAME_SIGNAL_MILLISECONDS = 500;

export class Processes {
	/** The running processes, with their names for messages. */
	readonly #running = new Map<ChildProcess, string>();
	readonly #stopping = new AbortController();
	#stoppedAt = 0;

	constructor() {
		ignoreClosedOutput();
		for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => this.#onSignal(signal));
		const shell = process.ppid;
		const npm = findNpm();
		// npm runs this script through a shell. Both may end without passing a signal on.
		const isOrphan = () => process.ppid !== shell || (npm !== undefined && !isAlive(npm));
		setInterval(() => !this.isStopping && isOrphan() && this.#stop("SIGTERM"), PARENT_CHECK_MILLISECONDS).unref();
	}

	/** Aborted when all processes have to end. */
	get stopping(): AbortSignal {
		return this.#stopping.signal;
	}

	get isStopping(): boolean {
		return this.stopping.aborted;
	}

	/** @param child a process that was started `AS_GROUP` */
	add(name: string, child: ChildProcess): void {
		this.#running.set(child, name);
		if (child.pid !== undefined) watchGroup(child.pid);
		child.on("error", ({ message }) => {
			console.error(`${name}: ${message}`);
			// If a process could not be started, it has no "exit" event.
			if (child.pid === undefined) this.#onEnd(child, 1, null);
		});
		child.on("exit", () => child.pid !== undefined && endGroup(child.pid, REST_MILLISECONDS));
		// "close" comes when all output has been read.
		child.on("close", (code, signal) => child.pid !== undefined && this.#onEnd(child, code, signal));
	}

	/**
	 * Runs a command in the terminal until it ends. This process then ends with its exit code.
	 *
	 * @returns whether it succeeded
	 */
	run(name: string, file: string, args: readonly string[], cwd: string): Promise<boolean> {
		if (this.isStopping) return Promise.resolve(false);
		const child = spawn(file, args, { ...AS_GROUP, cwd, stdio: "inherit" });
		return new Promise((resolve) => {
			child.on("error", () => resolve(false));
			child.on("exit", (code) => {
				// A command that a signal ended has failed too.
				if (code !== 0) process.exitCode ??= code ?? 1;
				resolve(code === 0);
			});
			this.add(name, child);
		});
	}

	#onEnd(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
		const name = this.#running.get(child);
		this.#running.delete(child);
		// If we sent the signal, this end is not a failure.
		const failure = signal && this.isStopping ? 0 : (code ?? 1);
		if (failure !== 0) process.exitCode ??= failure;
		if (this.isStopping) return;
		if (this.#running.size > 0) {
			process.exitCode ??= 1;
			const rest = [...this.#running.values()].join(" and ");
			console.error(`\n${name} ended (${signal ?? `exit code ${code}`}). Stopping: ${rest}.`);
		}
		this.#stop("SIGTERM");
	}

	#onSignal(signal: NodeJS.Signals): void {
		if (!this.isStopping) this.#stop(signal);
		else if (performance.now() - this.#stoppedAt > SAME_SIGNAL_MILLISECONDS) this.#kill();
	}

	#stop(signal: NodeJS.Signals): void {
		this.#stoppedAt = performance.now();
		this.#stopping.abort();
		// Wrangler passes only SIGINT and SIGTERM on to its child process.
		for (const child of this.#running.keys()) {
			child.kill(signal === "SIGHUP" ? "SIGTERM" : signal);
			// A stopped process does not receive the signal until it continues.
			if (child.pid !== undefined) signalGroup(child.pid, "SIGCONT");
		}
		// If all have ended, this process may have more to do.
		if (this.#running.size > 0) setTimeout(() => this.#kill(), STOP_MILLISECONDS).unref();
	}

	#kill(): void {
		void killGroups();
		setTimeout(() => process.exit(), REST_MILLISECONDS).unref();
	}
}

/** Whether a process is running. A zombie, which has ended but is still listed, is detected on Linux only. */
function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
	} catch (error) {
		return error instanceof Error && "code" in error && error.code === "EPERM";
	}
	try {
		return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
	} catch {
		return true;
	}
}
