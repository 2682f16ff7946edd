/** A process with all that it has started: `npx` runs a shell, which runs the server. */
import { setTimeout as delay } from "node:timers/promises";

const POLL_MILLISECONDS = 20;

/**
 * @param leader the process that was started `detached`, whose number is its group's
 * @returns whether there was anybody to signal; 0 only asks
 */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
	try {
		process.kill(-leader, signal);
		return true;
	} catch {
		return false;
	}
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
