/**
 * Wrangler's configuration with the secret of the pipe. Every process could read the secret on a command line, and
 * `.dev.vars` belongs to the developer.
 */
import { rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ROOT } from "../paths.ts";
import { takeConfigFlag } from "./deployment.ts";
import { readRawConfig } from "./raw-config.ts";

const MODE_OF_SECRETS = 0o600;

/**
 * Writes the configuration beside the one that it extends, and deletes it when this process ends. Git ignores it.
 *
 * @param flags the flags for Wrangler; if they name another configuration, that one is extended
 * @returns the flags, with the new configuration in place of the other
 */
export async function withSecret(flags: readonly string[], secret: string): Promise<string[]> {
	const { config: given, rest } = takeConfigFlag(flags);
	const source = given === undefined ? join(ROOT, "wrangler.jsonc") : resolve(given);
	const { env, ...config } = await readRawConfig(source);
	const addTo = <T extends { vars?: object }>(one: T) => ({ ...one, vars: { ...one.vars, STDIO_PIPE_SECRET: secret } });
	const environments = Object.entries(env ?? {}).map(([name, one]) => [name, addTo(one)] as const);
	const path = join(dirname(source), `wrangler.stdio-${process.pid}.json`);
	const text = JSON.stringify({ ...addTo(config), ...(env && { env: Object.fromEntries(environments) }) });
	await writeFile(path, text, { mode: MODE_OF_SECRETS });
	process.once("exit", () => rmSync(path, { force: true }));
	return [...rest, "--config", path];
}
