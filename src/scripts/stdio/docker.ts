/** The Docker engine, as Wrangler finds it. */
import { spawn } from "node:child_process";

const ANSWER_MILLISECONDS = 20_000;

/** Docker's command line, or another one that understands the same. */
export const DOCKER = process.env.WRANGLER_DOCKER_BIN || "docker";

/**
 * Whether an engine answers; the command line alone builds nothing.
 *
 * @param signal when it does not matter any more
 */
export function hasDocker(signal: AbortSignal): Promise<boolean> {
	const options = { stdio: "ignore", timeout: ANSWER_MILLISECONDS, killSignal: "SIGKILL", signal } as const;
	return new Promise((resolve) => {
		const child = spawn(DOCKER, ["info"], options);
		child.on("error", () => resolve(false));
		child.on("exit", (code) => resolve(code === 0));
	});
}
