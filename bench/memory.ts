/** What a session with an open stream takes of the memory: the growth of workerd's process. */
import { execFile } from "node:child_process";
import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { openSession, openStream, signIn } from "./clients.ts";
import type { Start, Worker } from "./runtimes/runtime.ts";
import { OWN, SERVE } from "./servers.ts";
import type { Result } from "./table.ts";

const AT_ONCE = 10;
/** What the runtime needs to put things in order. */
const SETTLE_MILLISECONDS = 2_000;
const GOAL = 0.2;

export async function measureMemory(start: Start, sessions: number): Promise<Result> {
	const own = await kilobytesOfSession(start, OWN, sessions);
	const other = await kilobytesOfSession(start, SERVE, sessions);
	const row = {
		what: `memory a session, ${sessions} with open streams`,
		against: SERVE.name,
		goal: `≤ ${GOAL}×`,
	};
	if (!own || !other) return { ...row, measured: "on workerd only", isMet: undefined, detail: "" };
	const ratio = own.kilobytes / other.kilobytes;
	const show = ({ kilobytes, streams }: typeof own) => `${kilobytes.toFixed(0)} kB (${streams} open)`;
	const detail = `${show(own)}, ${show(other)}`;
	return { ...row, measured: `${ratio.toFixed(2)}×`, isMet: ratio <= GOAL, detail };
}

/** @returns the memory for each session, and how many streams the server has left open; undefined where it cannot be told */
async function kilobytesOfSession(start: Start, worker: Worker, sessions: number) {
	await using server = await start(worker);
	const { origin, pid } = server;
	if (pid === undefined || process.platform === "win32") return undefined;
	const token = await signIn(origin);
	const open = async () => openStream(await openSession(origin, token));
	// The first ones load what all use.
	for (let session = 0; session < AT_ONCE; session++) await open();
	await delay(SETTLE_MILLISECONDS);
	const before = await residentKilobytes(pid);
	const streams: IncomingMessage[] = [];
	let left = sessions;
	const work = async () => {
		while (left-- > 0) streams.push(await open());
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
	await delay(SETTLE_MILLISECONDS);
	const kilobytes = ((await residentKilobytes(pid)) - before) / sessions;
	return { kilobytes, streams: streams.filter(({ readableEnded, destroyed }) => !readableEnded && !destroyed).length };
}

async function residentKilobytes(pid: number): Promise<number> {
	const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
	return Number(stdout);
}
