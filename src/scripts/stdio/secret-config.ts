/**
 * Wrangler's configuration with the secret of the pipe: a command line, where every process could read it, is no place
 * for one, and neither is `.dev.vars`, which is the developer's.
 */
import { rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ROOT } from "../paths.ts";
import { takeConfigFlag } from "./deployment.ts";
import { readRawConfig } from "./raw-config.ts";

const MODE_OF_SECRETS = 0o600;

/**
 * Writes it beside the configuration that it extends, for as long as this process runs; Git ignores it.
 *
 * @param flags for Wrangler; another configuration among them is extended
 * @returns flags that name it in place of what they named
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
