/**
 * Process groups: a process and everything that it starts. For example, `npx` runs a shell, which runs the server. A
 * signal goes to the whole group. If this process ends, even by SIGKILL, a watchdog ends the groups that are left.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

const POLL_MILLISECONDS = 20;
/** The longest time that a system takes to end a process after SIGKILL. */
const KILL_MILLISECONDS = 500;
const HAS_GROUPS = process.platform !== "win32";

/** For `spawn` and `fork`: makes the new process the leader of a group, out of reach of a terminal's Ctrl-C. */
export const AS_GROUP = { detached: HAS_GROUPS };

/** A shell, because the watchdog must be small and outlive this process. Each input line lists all running groups. */
const WATCHDOG = `
trap '' HUP INT TERM
while read -r groups; do running=$groups; done
if [ -n "$running" ]; then
	kill -s TERM -- $running
	kill -s CONT -- $running
	sleep 1
	kill -s KILL -- $running
fi`;

const watched = new Set<number>();
let watchdog: ChildProcess | undefined;

/** Makes sure that a group does not outlive this process. */
export function watchGroup(leader: number): void {
	watched.add(leader);
	tellWatchdog();
}

function forgetGroup(leader: number): void {
	if (watched.delete(leader)) tellWatchdog();
}

/** Starts the watchdog, which takes some milliseconds. Until then, it would miss the end of this process. */
export function startWatchdog(): void {
	if (HAS_GROUPS) watchdog ??= spawnWatchdog();
}

function tellWatchdog(): void {
	startWatchdog();
	watchdog?.stdin?.write(`${[...watched].map((leader) => `-${leader}`).join(" ")}\n`);
}

function spawnWatchdog(): ChildProcess {
	const child = spawn("sh", ["-c", WATCHDOG], { ...AS_GROUP, stdio: ["pipe", "ignore", "ignore"] });
	// Without a shell, there is no watchdog. If this process ends, writes to it fail.
	child.on("error", () => {});
	child.stdin?.on("error", () => {});
	child.unref();
	// The watchdog ends by itself, unless it is stopped (SIGSTOP).
	process.once("exit", () => watched.size === 0 && child.kill("SIGKILL"));
	return child;
}

/**
 * @param leader the process that was started `AS_GROUP`; its id is also the id of the group
 * @param signal 0 only checks whether the group exists
 * @returns whether there was a process to signal
 */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
	try {
		process.kill(HAS_GROUPS ? -leader : leader, signal);
		return true;
	} catch {
		return false;
	}
}

/**
 * Sends SIGTERM to a group, and SIGCONT, so that stopped processes receive it too.
 *
 * @returns whether there was a process to signal
 */
export function terminateGroup(leader: number): boolean {
	return signalGroup(leader, "SIGTERM") && signalGroup(leader, "SIGCONT");
}

/** @returns whether all processes of the group ended in time */
export async function isGroupGone(leader: number, milliseconds: number): Promise<boolean> {
	const deadline = performance.now() + milliseconds;
	while (signalGroup(leader, 0)) {
		if (performance.now() > deadline) return false;
		await delay(POLL_MILLISECONDS);
	}
	return true;
}

/**
 * Ends the rest of a group, gently first. Resolves when all processes have ended.
 *
 * @param milliseconds the time between SIGTERM and SIGKILL
 */
export async function endGroup(leader: number, milliseconds: number): Promise<void> {
	if (terminateGroup(leader) && !(await isGroupGone(leader, milliseconds))) {
		signalGroup(leader, "SIGKILL");
		await isGroupGone(leader, KILL_MILLISECONDS);
	}
	forgetGroup(leader);
}

/** Kills all groups at once, including stopped ones. Resolves when they have ended, or after a short time. */
export async function killGroups(): Promise<void> {
	const leaders = [...watched];
	watched.clear();
	tellWatchdog();
	for (const leader of leaders) signalGroup(leader, "SIGKILL");
	await Promise.all(leaders.map((leader) => isGroupGone(leader, KILL_MILLISECONDS)));
}
