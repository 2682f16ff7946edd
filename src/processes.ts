/** Processes that live and die together, such as the Worker and the bridge that it calls. */
import type { ChildProcess } from "node:child_process";

const PARENT_CHECK_MILLISECONDS = 500;

export class Processes {
	/** With what people call them. */
	readonly #running = new Map<ChildProcess, string>();
	#isStopping = false;

	constructor() {
		// Each shuts down on its own; this process stays until they have.
		for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => this.#stop(signal));
		// npm runs this through a shell, which may end without passing the signal on.
		const shell = process.ppid;
		setInterval(() => process.ppid !== shell && this.#stop("SIGTERM"), PARENT_CHECK_MILLISECONDS).unref();
	}

	get isStopping(): boolean {
		return this.#isStopping;
	}

	add(name: string, child: ChildProcess): void {
		this.#running.set(child, name);
		child.on("error", ({ message }) => console.error(`${name}: ${message}`));
		child.on("exit", (code, signal) => {
			this.#running.delete(child);
			// What was signalled has ended as it should.
			const failure = signal && this.#isStopping ? 0 : (code ?? 1);
			if (failure !== 0) process.exitCode ??= failure;
			if (this.#isStopping) return;
			if (this.#running.size > 0) {
				process.exitCode ??= 1;
				const rest = [...this.#running.values()].join(" and ");
				console.error(`\n${name} ended (${signal ?? `exit code ${code}`}). Stopping: ${rest}.`);
			}
			this.#stop("SIGTERM");
		});
	}

	#stop(signal: NodeJS.Signals): void {
		this.#isStopping = true;
		for (const child of this.#running.keys()) child.kill(signal);
	}
}
