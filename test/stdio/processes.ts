/** Small servers that the tests run, and what there is to say of processes. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const ROOT = join(import.meta.dirname, "../..");
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
