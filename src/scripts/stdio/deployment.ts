/**
 * Wrangler's configuration with the container: `wrangler.jsonc` and the parts for STDIO_COMMAND. It is made when
 * needed: in `wrangler.jsonc`, it would make Wrangler always build the image, which requires Docker and a paid plan.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../paths.ts";
import { readRawConfig } from "./raw-config.ts";
import type { ContainerSettings } from "./settings.ts";

/** It is in the project's folder, because paths in it are relative to it. Git ignores it. */
const GENERATED = "wrangler.stdio.json";
const SOURCE = "wrangler.jsonc";

const CONTAINER = {
	class_name: "StdioContainer",
	image: "./src/bridge/Dockerfile",
	image_build_context: "./src/bridge",
	// A quarter of a CPU and 1 GiB: the smallest that holds the bridge and a server or two of Node.js or Python.
	instance_type: "basic",
};

/**
 * @param file the name of the file in the project's folder
 * @returns the path of the configuration
 */
export async function writeDeployment(
	{ command, maxInstances, sleepAfter }: ContainerSettings,
	file = GENERATED,
): Promise<string> {
	const rawConfig = await readRawConfig(join(ROOT, SOURCE));
	const config = {
		...rawConfig,
		vars: { ...rawConfig.vars, STDIO_COMMAND: command, STDIO_SLEEP_AFTER: sleepAfter },
		containers: [{ ...CONTAINER, max_instances: maxInstances, image_vars: { STDIO_COMMAND: command } }],
	};
	const path = join(ROOT, file);
	await writeFile(path, `${JSON.stringify(config, null, "\t")}\n`);
	return path;
}

/** Whether the user gave another configuration file, which is then used as it is. */
export function hasConfigFlag(flags: readonly string[]): boolean {
	return takeConfigFlag(flags).config !== undefined;
}

/** @returns the value of the last `--config` flag, and the flags without any */
export function takeConfigFlag(flags: readonly string[]): { config: string | undefined; rest: string[] } {
	const rest: string[] = [];
	let config: string | undefined;
	for (let index = 0; index < flags.length; index++) {
		const flag = flags[index] ?? "";
		const match = /^(?:-c|--config)(?:=(.*))?$/.exec(flag);
		if (match) config = match[1] ?? flags[++index] ?? "";
		else rest.push(flag);
	}
	return { config, rest };
}
