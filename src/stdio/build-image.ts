/** `npm run image`: builds the container's image here, as a deployment does. Flags go to `docker build`. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { DOCKER, hasDocker } from "./docker.ts";
import { readStdioSettings } from "./settings.ts";

const TAG = "remote-mcp-server-stdio:local";
const NO_DOCKER =
	"No Docker engine answers, and the image can be built by one only: start Docker and try again. " +
	"Without Docker, `npm run start:stdio -- <command>` runs the same bridge as a process.";

if (hasDocker()) {
	const command = readStdioSettings()?.command ?? "";
	// Cloudflare runs no other platform.
	const flags = ["--platform", "linux/amd64", "--tag", TAG, "--build-arg", `STDIO_COMMAND=${command}`];
	const args = ["build", ...flags, ...process.argv.slice(2), join(import.meta.dirname, "image")];
	process.exitCode = spawnSync(DOCKER, args, { stdio: "inherit" }).status ?? 1;
	if (process.exitCode === 0) console.log(`Built ${TAG}. Try it: docker run --rm -p 127.0.0.1:8080:8080 ${TAG}`);
} else {
	console.error(NO_DOCKER);
	process.exitCode = 1;
}
