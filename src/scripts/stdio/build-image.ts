/** `npm run image`: builds the container's image locally, as a deployment does. Flags go to `docker build`. */
import { join } from "node:path";
import { Processes } from "../processes.ts";
import { DOCKER, hasDocker } from "./docker.ts";
import { readContainerSettings } from "./settings.ts";

const TAG = "remote-mcp-server-stdio:local";
const NO_DOCKER =
	"No Docker engine answers, and the image can be built by one only: start Docker and try again. " +
	"Without Docker, `npm run start:stdio -- <command>` runs the same program as a process.";

const processes = new Processes();
try {
	const command = readContainerSettings()?.command ?? "";
	if (!(await hasDocker(processes.stopping))) throw new Error(NO_DOCKER);
	// Cloudflare runs no other platform.
	const flags = ["--platform", "linux/amd64", "--tag", TAG, "--build-arg", `STDIO_COMMAND=${command}`];
	const args = ["build", ...flags, ...process.argv.slice(2), join(import.meta.dirname, "../../bridge")];
	const isBuilt = await processes.run("docker build", DOCKER, args, process.cwd());
	if (isBuilt)
		console.log(
			`Built ${TAG}. Try it: docker run --rm -e STDIO_PIPE_SECRET=any -p 127.0.0.1:8080:8080 ${TAG}, then open http://127.0.0.1:8080/health`,
		);
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}
