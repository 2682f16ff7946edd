/**
 * Measures this server and the usual templates side by side on this machine: `npm run bench`.
 *
 * - `--quick` takes fewer and shorter rounds, and fewer sessions.
 * - `--wrangler-dev` runs all on `wrangler dev` instead of workerd.
 */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildAssets } from "../src/scripts/assets.ts";
import { measureCosts, printCosts } from "./costs.ts";
import { counted } from "./counting/entry.ts";
import { measureDistance } from "./distance.ts";
import { measureMemory } from "./memory.ts";
import type { Start } from "./runtimes/runtime.ts";
import { workerd } from "./runtimes/workerd.ts";
import { wranglerDev } from "./runtimes/wrangler-dev.ts";
import { measureSpeed } from "./speed.ts";
import { measureStorage } from "./storage.ts";
import { printResults, type Result } from "./table.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean" }, "wrangler-dev": { type: "boolean" } } });
const rounds = values.quick ? { count: 5, milliseconds: 300 } : { count: 15, milliseconds: 600 };
const sessions = values.quick ? 100 : 500;
const runtime = values["wrangler-dev"] ? wranglerDev : workerd;

await buildAssets();
const folder = await mkdtemp(join(tmpdir(), "bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

let started = 0;
const start: Start = async (worker, isCounted = false) =>
	runtime(isCounted ? await counted(worker, folder) : worker, join(folder, String(started++)));

const results: Result[] = [];
try {
	console.error(`${rounds.count} rounds, then memory, storage, distance and costs: this takes some minutes.`);
	results.push(...(await measureSpeed(start, rounds)));
	results.push(await measureMemory(start, sessions));
	results.push(await measureStorage(start));
	results.push(await measureDistance(start));
} finally {
	printResults(results);
}
printCosts(await measureCosts(start));
// Streams are still open.
process.exit();
