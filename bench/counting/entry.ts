/** The entry point that puts the counting around a Worker and the classes that its `wrangler.jsonc` binds. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readSettings } from "../runtimes/config.ts";
import type { Worker } from "../runtimes/runtime.ts";

/** @returns the Worker with its operations counted, with an entry point in this folder */
export async function counted(worker: Worker, folder: string): Promise<Worker> {
	const { name, main, durable_objects } = readSettings(worker.config);
	const lines = [
		`import * as worker from ${JSON.stringify(main)};`,
		`import { countClass, countWorker } from ${JSON.stringify(join(import.meta.dirname, "worker.ts"))};`,
		"export default countWorker(worker.default);",
		...durable_objects.bindings.map(
			({ class_name }) => `export const ${class_name} = countClass(worker.${class_name});`,
		),
	];
	const entry = join(folder, `counted-${name}`, "index.ts");
	await mkdir(join(entry, ".."), { recursive: true });
	await writeFile(entry, lines.join("\n"));
	return { ...worker, main: entry };
}
