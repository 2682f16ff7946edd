/** The settings of a server on this computer. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { ROOT } from "./paths.ts";

export type Variables = Readonly<Record<string, string | undefined>>;

export const DEV_VARS = ".dev.vars";

/** @returns the variables of `.dev.vars`; none if there is no such file */
export function readDevVars(): Variables {
	const path = join(ROOT, DEV_VARS);
	return existsSync(path) ? parseEnv(readFileSync(path, "utf8")) : {};
}
