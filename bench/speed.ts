/** Calls a second against those of the others, who take turns: what else the machine does hits all. */
import { type Comparison, comparisonsOf, type Lane } from "./comparisons.ts";
import { cpuMilliseconds } from "./cpu.ts";
import type { Start } from "./runtimes/runtime.ts";
import { median, type Result } from "./table.ts";

const WARM_UP_ROUNDS = 3;

export type Rounds = { readonly count: number; readonly milliseconds: number };

export async function measureSpeed(start: Start, rounds: Rounds): Promise<Result[]> {
	await using servers = new AsyncDisposableStack();
	const comparisons = await comparisonsOf(async (worker) => servers.use(await start(worker)));
	const lanes = [...new Set(comparisons.flatMap(({ own, other }) => [own, other]))];
	for (let round = -WARM_UP_ROUNDS; round < rounds.count; round++) {
		for (const lane of lanes) {
			const measured = await measure(lane, rounds.milliseconds);
			if (round >= 0) lane.rounds.push(measured);
		}
	}
	return comparisons.map(resultOf);
}

/** Keeps some calls under way for a while. Gives calls a second, and the server's CPU time for each. */
async function measure({ server, concurrency, call }: Lane, milliseconds: number) {
	const cpuBefore = await cpuMilliseconds(server.pid);
	const start = performance.now();
	let calls = 0;
	const work = async () => {
		while (performance.now() - start < milliseconds) {
			await call();
			calls++;
		}
	};
	await Promise.all(Array.from({ length: concurrency }, work));
	const rate = calls / ((performance.now() - start) / 1000);
	const cpuAfter = await cpuMilliseconds(server.pid);
	const cpu = cpuBefore === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpuBefore) / calls;
	return { rate, cpu };
}

function resultOf({ what, against, goal, own, other }: Comparison): Result {
	const ratios = own.rounds.map(({ rate }, round) => rate / (other.rounds[round]?.rate ?? 0));
	const ratio = median(ratios);
	const measured = `${ratio.toFixed(2)}× (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
	const detail = `${speedOf(own)}, ${speedOf(other)}`;
	const [cpu, otherCpu] = [cpuOf(own), cpuOf(other)];
	const cpuRatio =
		cpu && otherCpu ? `${(otherCpu / cpu).toFixed(2)}× (${cpu.toFixed(2)}, ${otherCpu.toFixed(2)} ms)` : "";
	return { what, against, goal: `≥ ${goal}×`, measured, isMet: ratio >= goal, detail, cpu: cpuRatio };
}

function speedOf({ concurrency, rounds }: Lane): string {
	const rate = median(rounds.map(({ rate }) => rate));
	return concurrency === 1 ? `${(1000 / rate).toFixed(2)} ms` : `${rate.toFixed(0)}/s`;
}

function cpuOf({ rounds }: Lane): number {
	return rounds.reduce((sum, { cpu = 0 }) => sum + cpu, 0) / rounds.length;
}
