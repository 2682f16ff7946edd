/** The Docker engine, as Wrangler finds it. */
import { spawnSync } from "node:child_process";

const ANSWER_MILLISECONDS = 20_000;

/** Docker's command line, or another one that understands the same. */
export const DOCKER = process.env.WRANGLER_DOCKER_BIN || "docker";

/** Whether an engine answers; the command line alone builds nothing. */
export function hasDocker(): boolean {
	return spawnSync(DOCKER, ["info"], { stdio: "ignore", timeout: ANSWER_MILLISECONDS }).status === 0;
}
