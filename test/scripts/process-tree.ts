/** Processes and what they have started, as `ps` lists them. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { waitFor } from "../e2e/server.ts";

export type Listed = { readonly pid: number; readonly parent: number; readonly command: string };

/** All processes that run; not those that have ended and are still listed. */
async function listProcesses(): Promise<Listed[]> {
	const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,stat=,args="]);
	return stdout.split("\n").flatMap((line) => {
		const [, pid, parent, state, command = ""] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
		return state === undefined || state.startsWith("Z") ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
	});
}

/** A process with all that it has started, and all that those have started. */
export async function treeOf(root: number): Promise<Listed[]> {
	const all = await listProcesses();
	const tree = all.filter(({ pid }) => pid === root);
	for (const one of tree) tree.push(...all.filter(({ parent }) => parent === one.pid));
	return tree;
}

/** @throws Error that names those that still run when the time is over */
export async function expectGone(processes: readonly Listed[], milliseconds: number): Promise<void> {
	let rest = processes;
	const areGone = async () => {
		const running = await listProcesses();
		// A number may be given to another process.
		rest = processes.filter(({ pid, command }) => running.some((one) => one.pid === pid && one.command === command));
		return rest.length === 0;
	};
	await waitFor("processes to end", areGone, milliseconds).catch((cause) => {
		throw new Error(`After ${milliseconds} ms these still run:\n${rest.map(({ command }) => command).join("\n")}`, {
			cause,
		});
	});
}

/** How much processor time processes have used. */
export async function cpuSeconds(processes: readonly Listed[]): Promise<number> {
	const { stdout } = await promisify(execFile)("ps", ["-o", "time=", "-p", processes.map(({ pid }) => pid).join()]);
	const seconds = (time: string) => time.split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0);
	return stdout
		.trim()
		.split("\n")
		.reduce((sum, time) => sum + seconds(time.trim()), 0);
}
