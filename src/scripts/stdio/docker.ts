/** Finds the Docker engine in the same way as Wrangler. */
import { spawn } from "node:child_process";

const ANSWER_MILLISECONDS = 20_000;

/** Docker's command line tool, or a compatible one. */
export const DOCKER = process.env.WRANGLER_DOCKER_BIN || "docker";

/**
 * Whether an engine responds. The command line tool alone cannot build.
 *
 * @param signal aborts the check
 */
export function hasDocker(signal: AbortSignal): Promise<boolean> {
	const options = { stdio: "ignore", timeout: ANSWER_MILLISECONDS, killSignal: "SIGKILL", signal } as const;
	return new Promise((resolve) => {
		const child = spawn(DOCKER, ["info"], options);
		child.on("error", () => resolve(false));
		child.on("exit", (code) => resolve(code === 0));
	});
}
