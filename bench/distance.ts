/** What a call takes longer when Durable Objects are far from the Worker. */
import { openSession, sessionCall, signIn } from "./clients.ts";
import { takeCounts } from "./counting/counts.ts";
import type { Start, Worker } from "./runtimes/runtime.ts";
import { OWN, SERVE } from "./servers.ts";
import { median, type Result } from "./table.ts";

const DISTANCE_MILLISECONDS = 20;
const CALLS = 40;
/** No change, as far as it can be measured. */
const GOAL_MILLISECONDS = 2;

export async function measureDistance(start: Start): Promise<Result> {
	const own = await addedMilliseconds(start, OWN);
	const other = await addedMilliseconds(start, SERVE);
	const show = (added: number) => `${added < 0 ? "−" : "+"}${Math.abs(added).toFixed(1)} ms`;
	return {
		what: `a 2025-11-25 call, +${DISTANCE_MILLISECONDS} ms on each Worker→object call`,
		against: SERVE.name,
		goal: "no change",
		measured: show(own),
		isMet: own < GOAL_MILLISECONDS,
		detail: `${show(own)}, ${show(other)}`,
	};
}

async function addedMilliseconds(start: Start, worker: Worker): Promise<number> {
	await using server = await start(worker, true);
	const { origin } = server;
	const call = sessionCall(await openSession(origin, await signIn(origin)));
	const near: number[] = [];
	const far: number[] = [];
	for (let index = -CALLS; index < CALLS; index++) {
		for (const [distance, times] of [[0, near] as const, [DISTANCE_MILLISECONDS, far] as const]) {
			await takeCounts(origin, distance);
			const start = performance.now();
			await call();
			// The first ones warm up.
			if (index >= 0) times.push(performance.now() - start);
		}
	}
	return median(far) - median(near);
}
