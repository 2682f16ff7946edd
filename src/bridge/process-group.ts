/**
 * Processes with all that they have started: `npx` runs a shell, which runs the server. Each is a process group of its
 * own, which is signalled as one. If this process ends, even by SIGKILL, a watchdog ends the groups that are left.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

const POLL_MILLISECONDS = 20;
/** How long a system takes at most to end what got SIGKILL. */
const KILL_MILLISECONDS = 500;
const HAS_GROUPS = process.platform !== "win32";

/** For `spawn` and `fork`: makes the new process the leader of a group, out of reach of a terminal's Ctrl-C. */
export const AS_GROUP = { detached: HAS_GROUPS };

/** A shell, for it must be small, and outlive this process. A line has all groups that run; then comes the end of file. */
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

/** From here on, a group does not outlive this process. */
export function watchGroup(leader: number): void {
	watched.add(leader);
	tellWatchdog();
}

function forgetGroup(leader: number): void {
	if (watched.delete(leader)) tellWatchdog();
}

/** Takes some milliseconds, in which nobody would know of a process that was started before it. */
export function startWatchdog(): void {
	if (HAS_GROUPS) watchdog ??= spawnWatchdog();
}

function tellWatchdog(): void {
	startWatchdog();
	watchdog?.stdin?.write(`${[...watched].map((leader) => `-${leader}`).join(" ")}\n`);
}

function spawnWatchdog(): ChildProcess {
	const child = spawn("sh", ["-c", WATCHDOG], { ...AS_GROUP, stdio: ["pipe", "ignore", "ignore"] });
	// Without a shell, or without this one, there is no watchdog.
	child.on("error", () => {});
	child.stdin?.on("error", () => {});
	child.unref();
	// It would end by itself, but not one that is stopped.
	process.once("exit", () => watched.size === 0 && child.kill("SIGKILL"));
	return child;
}

/**
 * @param leader the process that was started `AS_GROUP`, whose number is its group's
 * @returns whether there was anybody to signal; 0 only asks
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
 * Tells a group to end. Those of it that are stopped go on, so that they hear of it.
 *
 * @returns whether there was anybody to tell
 */
export function terminateGroup(leader: number): boolean {
	return signalGroup(leader, "SIGTERM") && signalGroup(leader, "SIGCONT");
}

/** @returns whether everybody was gone in time */
export async function isGroupGone(leader: number, milliseconds: number): Promise<boolean> {
	const deadline = performance.now() + milliseconds;
	while (signalGroup(leader, 0)) {
		if (performance.now() > deadline) return false;
		await delay(POLL_MILLISECONDS);
	}
	return true;
}

/**
 * Ends what is left of a group, gently first. Resolves when nothing is.
 *
 * @param milliseconds how long it may take after SIGTERM, before SIGKILL
 */
export async function endGroup(leader: number, milliseconds: number): Promise<void> {
	if (terminateGroup(leader) && !(await isGroupGone(leader, milliseconds))) {
		signalGroup(leader, "SIGKILL");
		await isGroupGone(leader, KILL_MILLISECONDS);
	}
	forgetGroup(leader);
}

/** Ends all groups at once, stopped ones too. Resolves when they are gone, or should be. */
export async function killGroups(): Promise<void> {
	const leaders = [...watched];
	watched.clear();
	tellWatchdog();
	for (const leader of leaders) signalGroup(leader, "SIGKILL");
	await Promise.all(leaders.map((leader) => isGroupGone(leader, KILL_MILLISECONDS)));
}
