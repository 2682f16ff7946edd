/**
 * `npm start`: runs the Worker on this computer. Extra flags go to `wrangler dev`; `--remote-ai` uses the real
 * Workers AI of the account that is logged in. If STDIO_COMMAND is set and Docker is running, the container runs too.
 */
import { buildAssets, endBundler } from "./assets.ts";
import { checkFlags } from "./check-flags.ts";
import { startWorker } from "./local-worker.ts";
import { Processes } from "./processes.ts";
import { hasConfigFlag, writeDeployment } from "./stdio/deployment.ts";
import { hasDocker } from "./stdio/docker.ts";
import { type ContainerSettings, readContainerSettings } from "./stdio/settings.ts";

const NO_DOCKER =
	"STDIO_COMMAND is set, but no Docker engine answers: starting without the container. " +
	"To run a stdio server without Docker: npm run start:stdio -- <command>";

const flags = process.argv.slice(2);
// Create this before anything that takes time, so that Ctrl-C works.
const processes = new Processes();
try {
	checkFlags(flags);
	const stdio = hasConfigFlag(flags) ? undefined : readContainerSettings();
	const hasStdio = stdio !== undefined && (await hasDocker(processes.stopping));
	if (stdio && !hasStdio && !processes.isStopping) console.warn(NO_DOCKER);
	const stdioFlags = stdio ? await flagsFor(stdio, hasStdio) : [];
	await buildAssets();
	await endBundler();
	if (!processes.isStopping) processes.add("The Worker", startWorker([...stdioFlags, ...flags]));
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}

/** Passes STDIO_COMMAND as a flag, which overrides .dev.vars. The configuration file alone would not. */
async function flagsFor(stdio: ContainerSettings, hasStdio: boolean): Promise<string[]> {
	if (!hasStdio) return ["--var", "STDIO_COMMAND:"];
	return ["--config", await writeDeployment(stdio), "--var", `STDIO_COMMAND:${stdio.command}`];
}
