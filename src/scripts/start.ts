/**
 * `npm start`: runs the Worker on this computer. Extra flags go to `wrangler dev`; `--remote-ai` uses the real
 * Workers AI of the account that is logged in. With STDIO_COMMAND and Docker, the container runs too.
 */
import { startWorker } from "./local-worker.ts";
import { Processes } from "./processes.ts";
import { hasConfigFlag, writeDeployment } from "./stdio/deployment.ts";
import { hasDocker } from "./stdio/docker.ts";
import { type ContainerSettings, readContainerSettings } from "./stdio/settings.ts";
import { checkFlags } from "./wrangler-flags.ts";

const NO_DOCKER =
	"STDIO_COMMAND is set, but no Docker engine answers: starting without the container. " +
	"To run a stdio server without Docker: npm run start:stdio -- <command>";

const flags = process.argv.slice(2);
// Before anything that takes time, so that Ctrl-C ends it.
const processes = new Processes();
try {
	checkFlags(flags);
	const stdio = hasConfigFlag(flags) ? undefined : readContainerSettings();
	const hasStdio = stdio !== undefined && (await hasDocker(processes.stopping));
	if (stdio && !hasStdio && !processes.isStopping) console.warn(NO_DOCKER);
	const stdioFlags = stdio ? await flagsFor(stdio, hasStdio) : [];
	if (!processes.isStopping) processes.add("The Worker", startWorker([...stdioFlags, ...flags]));
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}

/** The variable as a flag, because .dev.vars, where it may be empty or stand for a container, has more say than a file. */
async function flagsFor(stdio: ContainerSettings, hasStdio: boolean): Promise<string[]> {
	if (!hasStdio) return ["--var", "STDIO_COMMAND:"];
	return ["--config", await writeDeployment(stdio), "--var", `STDIO_COMMAND:${stdio.command}`];
}
