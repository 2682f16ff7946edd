/** What the server takes: the JavaScript heap of workerd after garbage collection, and the rows in its storage. */
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import WebSocket from "ws";
import { z } from "zod";

const REQUEST_MILLISECONDS = 200;

const targetsSchema = z.array(z.object({ webSocketDebuggerUrl: z.string() })).min(1);
const usageSchema = z.object({ result: z.object({ usedSize: z.number() }) });

/** In bytes, over the Chrome DevTools Protocol. The runtime collects only while it handles a request, so it gets some. */
export async function heapAfterCollection(inspectorPort: number, origin: string): Promise<number> {
	const response = await fetch(`http://127.0.0.1:${inspectorPort}/json`);
	const [target] = targetsSchema.parse(await response.json());
	const socket = new WebSocket(target?.webSocketDebuggerUrl ?? "");
	await once(socket, "open");
	const command = async (id: number, method: string) => {
		const answered = Promise.withResolvers<unknown>();
		const listen = (data: WebSocket.RawData) => {
			const message: unknown = JSON.parse(String(data));
			if (Object(message).id === id) answered.resolve(message);
		};
		socket.on("message", listen);
		socket.send(JSON.stringify({ id, method }));
		const answer = await answered.promise;
		socket.off("message", listen);
		return answer;
	};
	const requests = setInterval(() => void fetch(origin).catch(() => {}), REQUEST_MILLISECONDS);
	await command(1, "HeapProfiler.enable");
	await command(2, "HeapProfiler.collectGarbage");
	clearInterval(requests);
	const usage = await command(3, "Runtime.getHeapUsage");
	socket.close();
	return usageSchema.parse(usage).result.usedSize;
}

/** The history that users see, and what workerd and Wrangler keep for themselves. */
const NOT_COUNTED = /^(user_history|_cf_.*|sqlite_.*|__miniflare.*|spans|logs)$/;

/** How many rows there are, by table. */
export type Rows = Record<string, number>;

/** The server may be writing. */
const BUSY_MILLISECONDS = 5_000;

/** How many rows each table has, over all databases: those of users' objects, and that of Workers KV. */
export function countRows(folder: string): Rows {
	const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
		(file) => file.endsWith(".sqlite") && !file.endsWith("metadata.sqlite"),
	);
	const counts: Rows = {};
	for (const file of files) {
		using database = new DatabaseSync(join(folder, file), { readOnly: true, timeout: BUSY_MILLISECONDS });
		const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
		for (const { name } of tables) {
			if (NOT_COUNTED.test(String(name))) continue;
			const [row] = database.prepare(`SELECT count(*) AS count FROM "${name}"`).all();
			counts[String(name)] = (counts[String(name)] ?? 0) + Number(row?.count);
		}
	}
	return counts;
}
