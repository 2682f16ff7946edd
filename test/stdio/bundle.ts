/** The Worker as it would be deployed, built once for all tests: Vitest's global setup does not wait until it is there. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { unstable_readConfig } from "wrangler";

export type BuiltWorker = {
	/** Where it is built, and the small servers of `children/` beside it. */
	folder: string;
	compatibilityDate: string;
	compatibilityFlags: string[];
	/** The classes of its Durable Objects, by binding. */
	objects: Record<string, string>;
};

declare module "vitest" {
	interface ProvidedContext {
		worker: BuiltWorker;
	}
}

const ROOT = join(import.meta.dirname, "../..");
const CHILDREN = join(import.meta.dirname, "children");
const BUILT = "built";
const FAILED = "failed";
const POLL_MILLISECONDS = 50;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const folder = await mkdtemp(join(tmpdir(), "stdio-worker-"));
	const config = unstable_readConfig({ config: join(ROOT, "wrangler.jsonc") });
	const { compatibility_date: compatibilityDate = "", compatibility_flags: compatibilityFlags } = config;
	const bindings: { name: string; class_name: string }[] = config.durable_objects.bindings;
	const objects = Object.fromEntries(bindings.map(({ name, class_name }) => [name, class_name]));
	project.provide("worker", { folder, compatibilityDate, compatibilityFlags, objects });
	await buildChildren(folder);
	const build = join(folder, "build");
	// Minified, it starts in three quarters of the time.
	const args = [join(ROOT, "src/scripts/run.cjs"), "wrangler", "deploy", "--dry-run", "--minify", "--outdir", build];
	const built = promisify(execFile)(process.execPath, args, { cwd: ROOT }).then(
		// In one step, so that nobody finds a half of it.
		() => rename(build, join(folder, BUILT)),
		(error) => writeFile(join(folder, FAILED), String(error)),
	);
	return async () => {
		await built;
		await rm(folder, { recursive: true, force: true, maxRetries: 5 });
	};
}

/** Takes the types out of the small servers once: some tests start dozens of them, and Node.js takes as long for it as for the rest. */
async function buildChildren(folder: string): Promise<void> {
	await mkdir(join(folder, "children"));
	for (const file of await readdir(CHILDREN)) {
		const source = await readFile(join(CHILDREN, file), "utf8");
		await writeFile(builtChild({ folder }, basename(file, ".ts")), stripTypeScriptTypes(source));
	}
}

/** @returns where one of the small servers in `children/` is, without types */
export function builtChild({ folder }: Pick<BuiltWorker, "folder">, name: string): string {
	return join(folder, "children", `${name}.mjs`);
}

/** @returns the folder with the Worker's `index.js`, once it is built */
export async function builtFolder({ folder }: BuiltWorker): Promise<string> {
	const [built, failed] = [join(folder, BUILT), join(folder, FAILED)];
	while (!existsSync(built)) {
		if (existsSync(failed)) throw new Error(`The Worker was not built: ${await readFile(failed, "utf8")}`);
		await delay(POLL_MILLISECONDS);
	}
	return built;
}
