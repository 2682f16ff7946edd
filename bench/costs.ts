/** What a call, a session and a sign-in ask of KV, objects and storage, and what a million of them cost. */
import { setTimeout as delay } from "node:timers/promises";
import { type Call, openSession, openSse, sessionCall, signIn, statelessCall } from "./clients.ts";
import { type Counts, costOfMillion, divide, takeCounts } from "./counting/counts.ts";
import type { Start, Worker } from "./runtimes/runtime.ts";
import { CREATE_MCP_HANDLER, OWN, SERVE, SERVE_SSE } from "./servers.ts";
import { printTable } from "./table.ts";

const REPETITIONS = 10;
/** What is written after an answer is counted, too. */
const SETTLE_MILLISECONDS = 500;

type Cost = { readonly what: string; readonly counts: Counts };
type Operations = (origin: string) => Promise<Record<string, Call>>;

const inSessions: Operations = async (origin) => {
	const token = await signIn(origin);
	return {
		"sign-in": async () => void (await signIn(origin)),
		"2025-11-25 opening a session, and tools/list": async () => void (await openSession(origin, token)),
		"2025-11-25 tools/call": sessionCall(await openSession(origin, token)),
	};
};
const stateless: Operations = async (origin) => ({
	"2026-07-28 tools/call": statelessCall(origin, await signIn(origin)),
});
const overSse: Operations = async (origin) => ({
	"/sse tools/call": await openSse(origin, await signIn(origin, "/sse")),
});

export async function measureCosts(start: Start): Promise<Cost[]> {
	return [
		...(await costsOf(start, OWN, inSessions, stateless, overSse)),
		...(await costsOf(start, SERVE, inSessions)),
		...(await costsOf(start, CREATE_MCP_HANDLER, stateless)),
		...(await costsOf(start, SERVE_SSE, overSse)),
	];
}

async function costsOf(start: Start, worker: Worker, ...kinds: Operations[]): Promise<Cost[]> {
	await using server = await start(worker, true);
	const { origin } = server;
	const costs: Cost[] = [];
	for (const operations of kinds) {
		for (const [name, operation] of Object.entries(await operations(origin))) {
			// The first one also makes what is kept.
			await operation();
			await delay(SETTLE_MILLISECONDS);
			await takeCounts(origin);
			for (let repetition = 0; repetition < REPETITIONS; repetition++) await operation();
			await delay(SETTLE_MILLISECONDS);
			costs.push({ what: `${worker.name}: ${name}`, counts: divide(await takeCounts(origin), REPETITIONS) });
		}
	}
	return costs;
}

export function printCosts(costs: readonly Cost[]): void {
	const round = (count: number) => String(Math.round(count * 10) / 10);
	const rows = costs.map(({ what, counts }) => [
		what,
		...Object.values(counts).map(round),
		`$${costOfMillion(counts).toFixed(2)}`,
	]);
	const head = ["requests", "KV reads", "KV writes", "KV lists", "object calls", "rows read", "rows written"];
	printTable([["", ...head, "a million"], ...rows]);
	console.log(
		"Prices are without CPU time ($0.02 a million for each millisecond), duration of objects and stored bytes.",
	);
}
