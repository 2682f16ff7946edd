import { execFile } from "node:child_process";
import { basename, join } from "node:path";
import { promisify } from "node:util";

/**
 * Bundles a Worker as a deployment does.
 *
 * @param entry the Worker's module
 * @param config its Wrangler configuration
 * @param folder receives the bundle
 * @returns the path of the bundle
 */
export async function bundle(entry: string, config: string, folder: string): Promise<string> {
	const args = [
		"src/scripts/run.cjs",
		"wrangler",
		"deploy",
		entry,
		"--config",
		config,
		"--dry-run",
		"--outdir",
		folder,
	];
	await promisify(execFile)(process.execPath, args);
	return join(folder, basename(entry).replace(/ts$/, "js"));
}
