/**
 * `npm run deploy`: `wrangler deploy`, with the container if STDIO_COMMAND is set. Flags go to `wrangler deploy`.
 */
import { buildAssets } from "./assets.ts";
import { ROOT, WRANGLER } from "./paths.ts";
import { Processes } from "./processes.ts";
import { hasConfigFlag, writeDeployment } from "./stdio/deployment.ts";
import { hasDocker } from "./stdio/docker.ts";
import { readContainerSettings } from "./stdio/settings.ts";

const processes = new Processes();
try {
	buildAssets();
	const flags = process.argv.slice(2);
	const args = [WRANGLER, "deploy", ...(await stdioFlags(flags)), ...flags];
	void processes.run("wrangler deploy", process.execPath, args, ROOT);
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}

async function stdioFlags(flags: readonly string[]): Promise<string[]> {
	const settings = readContainerSettings();
	if (!settings) return [];
	if (hasConfigFlag(flags)) {
		console.warn("--config is given: it is used as it is, without the container of STDIO_COMMAND.");
		return [];
	}
	console.log(`With the container of STDIO_COMMAND (${settings.source}), at most ${settings.maxInstances} at a time.`);
	const config = ["--config", await writeDeployment(settings)];
	// Wrangler builds the image even in a dry run.
	const isBuilt = !flags.some((flag) => flag.startsWith("--containers-rollout"));
	if (!flags.includes("--dry-run") || !isBuilt || (await hasDocker(processes.stopping))) return config;
	console.log("No Docker engine answers: this dry run leaves the image out.");
	return [...config, "--containers-rollout=none"];
}
