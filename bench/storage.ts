/** What a session leaves in the storage of Durable Objects when it was opened and called in. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { openSession, sessionCall, signIn } from "./clients.ts";
import { takeCounts } from "./counting/counts.ts";
import type { Start, Worker } from "./runtimes/runtime.ts";
import { OWN, SERVE } from "./servers.ts";
import type { Result } from "./table.ts";

const SESSIONS = 20;
const SETTLE_MILLISECONDS = 1_000;

export async function measureStorage(start: Start): Promise<Result> {
	const own = await storageOfSession(start, OWN);
	const other = await storageOfSession(start, SERVE);
	const show = ({ bytes, rows }: typeof own) => `${(bytes / 1000).toFixed(0)} kB and ${rows.toFixed(0)} rows`;
	return {
		what: "disk and rows written for a session",
		against: SERVE.name,
		goal: "0",
		measured: show(own),
		isMet: own.bytes === 0 && own.rows === 0,
		detail: `${show(own)}, ${show(other)}`,
	};
}

async function storageOfSession(start: Start, worker: Worker): Promise<{ bytes: number; rows: number }> {
	await using server = await start(worker, true);
	const { origin, storage } = server;
	const token = await signIn(origin);
	const before = await sizeOf(storage);
	await takeCounts(origin);
	for (let session = 0; session < SESSIONS; session++) await sessionCall(await openSession(origin, token))();
	await delay(SETTLE_MILLISECONDS);
	const { rowsWritten } = await takeCounts(origin);
	return { bytes: ((await sizeOf(storage)) - before) / SESSIONS, rows: rowsWritten / SESSIONS };
}

/** The size of the objects' databases, which is what is billed; the files also hold what is not tidied up yet. */
async function sizeOf(folder: string): Promise<number> {
	const files = await readdir(folder, { recursive: true });
	// workerd's own list of alarms is called metadata.
	const databases = files.filter((file) => file.endsWith(".sqlite") && !file.endsWith("metadata.sqlite"));
	const sizes = databases.map((file) => {
		using database = new DatabaseSync(join(folder, file), { readOnly: true });
		const [page] = database
			.prepare("SELECT page_count * page_size AS size FROM pragma_page_count, pragma_page_size")
			.all();
		return Number(page?.size);
	});
	return sizes.reduce((sum, size) => sum + size, 0);
}
