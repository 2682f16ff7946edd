/**
 * `npm run soak`: 2,000 sessions of 50 users are opened and abandoned while 20 clients call tools. No answer is lost, and
 * storage and memory return to what they were. It takes about a quarter of an hour, most of which is the time for which
 * the server keeps what a client could still resume. SOAK_SESSIONS sets the number of sessions.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { findFreePort, startServer } from "../e2e/server.ts";
import { abandonSession, type Left } from "./abandoned-sessions.ts";
import { countRows, heapAfterCollection, type Rows } from "./baseline.ts";
import { CallingClient } from "./calling-client.ts";
import { User } from "./users.ts";

const USERS = 50;
const CLIENTS = 20;
const SESSIONS = Number(process.env.SOAK_SESSIONS || 2_000);
/** In each round, sessions are opened, and then all their connections are cut. */
const ROUNDS = 4;
const AT_ONCE = 10;
/** Tables of calls, their messages, and changes, which a client may come back for. */
const RESUMABLE = /^(calls|sent|changes)$/;
/** Longer than the server keeps these. */
const SETTLED = { timeout: 13 * 60_000, interval: 5_000 };
/** After this time, idle objects have left the memory. */
const IDLE_MILLISECONDS = 20_000;
/** What the heap may have grown by: caches fill, such as those of compiled schemas. */
const HEAP_MARGIN_BYTES = 8 * 1024 * 1024;

const report = (line: string) => process.stdout.write(`${line}\n`);
const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

it("2,000 abandoned sessions leave nothing behind, and 20 clients get every answer meanwhile", async () => {
	const folder = await mkdtemp(join(tmpdir(), "soak-"));
	const inspectorPort = await findFreePort();
	const server = await startServer({ persistTo: folder, flags: ["--inspector-port", String(inspectorPort)] });
	try {
		const users: User[] = [];
		for (let number = 0; number < USERS; number++) {
			users.push(await User.signIn(server.origin, `soak-${number}@example.com`));
		}
		const userAt = (number: number) => users[number % USERS] as User;
		await warmUp(users);
		await delay(IDLE_MILLISECONDS);
		const before = { heap: await heapAfterCollection(inspectorPort, server.origin), rows: countRows(folder) };

		let isOver = false;
		const clients = Array.from(
			{ length: CLIENTS },
			(_, number) => new CallingClient(userAt(number), `client ${number}`),
		);
		const calling = Promise.all(clients.map((client) => client.run(() => isOver)));
		// A failure is thrown below; here it must not be unhandled.
		calling.catch(() => (isOver = true));
		const startedAt = Date.now();
		for (let round = 0; round < ROUNDS && !isOver; round++) {
			const left: Left[] = [];
			let next = round * Math.ceil(SESSIONS / ROUNDS);
			const end = Math.min(SESSIONS, next + Math.ceil(SESSIONS / ROUNDS));
			const open = async () => {
				while (next < end && !isOver) {
					const number = next++;
					left.push(await abandonSession(userAt(number), Math.floor(number / USERS)));
				}
			};
			await Promise.all(Array.from({ length: AT_ONCE }, open));
			for (const { cut } of left) cut();
			report(`${end} sessions after ${Math.round((Date.now() - startedAt) / 1000)} s`);
		}
		isOver = true;
		await calling;
		const answered = clients.reduce((sum, client) => sum + client.answered, 0);
		report(`${answered} answers to ${CLIENTS} clients; rows now: ${JSON.stringify(countRows(folder))}`);
		for (const client of clients) expect(client.answered).toBeGreaterThan(0);

		await expect.poll(() => growthOf(countRows(folder), before.rows), SETTLED).toEqual({});
		await delay(IDLE_MILLISECONDS);
		const heap = await heapAfterCollection(inspectorPort, server.origin);
		report(`heap: ${megabytes(before.heap)} before, ${megabytes(heap)} after; rows: ${JSON.stringify(before.rows)}`);
		expect(heap).toBeLessThan(before.heap + HEAP_MARGIN_BYTES);
		expect(server.output()).not.toMatch(/error|uncaught|exception/i);
	} finally {
		await server.stop();
		await rm(folder, { recursive: true, force: true, maxRetries: 5 });
	}
});

/** The tables that have more rows than before, or any that only a resumption would need. */
function growthOf(rows: Rows, before: Rows): Rows {
	const isGrown = ([table, count]: [string, number]) => count > (RESUMABLE.test(table) ? 0 : (before[table] ?? 0));
	return Object.fromEntries(Object.entries(rows).filter(isGrown));
}

/** Each user uses what the sessions use, so that their object exists, and all code is loaded. */
async function warmUp(users: readonly User[]): Promise<void> {
	for (const user of users) {
		let isOver = false;
		await new CallingClient(user, "warm-up").run(() => {
			const wasOver = isOver;
			isOver = true;
			return wasOver;
		});
		for (let way = 0; way < 5; way++) (await abandonSession(user, way)).cut();
	}
}
