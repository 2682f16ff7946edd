/** Workers on workerd itself, with KV in memory: nothing but the Worker and the runtime takes time. */
import { execFile } from "node:child_process";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { readSettings } from "./config.ts";
import { freePort, startServer, stopServer } from "./process.ts";
import type { Runtime, Worker } from "./runtime.ts";

// From Wrangler's place, because not every package manager puts what Wrangler needs beside it.
const fromWrangler = createRequire(createRequire(import.meta.url).resolve("wrangler/package.json"));
const { default: WORKERD } = fromWrangler("workerd") as { default: string };

export const workerd: Runtime = async (worker, folder) => {
	const port = await freePort();
	const origin = `http://localhost:${port}`;
	const storage = join(folder, "objects");
	await mkdir(storage, { recursive: true });
	// workerd embeds files from beside its configuration only.
	await copyFile(await bundle(worker, join(folder, "bundle")), join(folder, "index.js"));
	await copyFile(join(import.meta.dirname, "kv.js"), join(folder, "kv.js"));
	const config = join(folder, "config.capnp");
	await writeFile(config, configOf({ ...worker, vars: { ...worker.vars, ORIGIN: origin } }, port, storage));
	const child = await startServer(origin, WORKERD, ["serve", config]);
	// On SIGTERM it would wait for every open stream.
	return { origin, storage, pid: child.pid, [Symbol.asyncDispose]: () => stopServer(child, "SIGKILL") };
};

/** By what they are made of. */
const bundles = new Map<string, Promise<string>>();

/** @returns the bundle of a Worker, made once */
function bundle({ config, main }: Worker, folder: string): Promise<string> {
	const known = bundles.get(main ?? config);
	if (known) return known;
	const args = ["deploy", ...(main ? [main] : []), "--config", config, "--dry-run", "--outdir", folder];
	const run = promisify(execFile)(process.execPath, ["src/scripts/run.cjs", "wrangler", ...args]);
	const made = run.then(() => join(folder, "index.js"));
	bundles.set(main ?? config, made);
	return made;
}

/** The configuration of workerd for a bundled Worker. JSON's strings are also Cap'n Proto's. */
function configOf({ config, vars = {} }: Worker, port: number, storage: string): string {
	const { compatibility_date, compatibility_flags, durable_objects, kv_namespaces } = readSettings(config);
	const text = JSON.stringify;
	const bindings = [
		...kv_namespaces.map(({ binding }) => `(name = ${text(binding)}, kvNamespace = "kv")`),
		...durable_objects.bindings.map(
			({ name, class_name }) => `(name = ${text(name)}, durableObjectNamespace = ${text(class_name)})`,
		),
		...Object.entries(vars).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
	];
	const namespaces = durable_objects.bindings.map(
		({ class_name }) => `(className = ${text(class_name)}, uniqueKey = ${text(class_name)}, enableSql = true)`,
	);
	return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	services = [
		(name = "main", worker = .main),
		(name = "kv", worker = .kv),
		(name = "objects", disk = (path = ${text(storage)}, writable = true)),
	],
	sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
	modules = [
		(name = "index.js", esModule = embed "index.js"),
		# The agents package imports it; workerd has no such module.
		(name = "cloudflare:email", esModule = "export class EmailMessage {}"),
	],
	compatibilityDate = ${text(compatibility_date)},
	compatibilityFlags = ${text(compatibility_flags)},
	bindings = [${bindings.join(", ")}],
	durableObjectNamespaces = [${namespaces.join(", ")}],
	durableObjectStorage = (localDisk = "objects"),
);
const kv :Workerd.Worker = (
	modules = [(name = "kv.js", esModule = embed "kv.js")],
	compatibilityDate = ${text(compatibility_date)},
);
`;
}
