/** The settings of the deployed server, which `npm run setup -- --remote` writes and `npm run deploy` uploads. Git ignores them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { ROOT } from "./paths.ts";

/** @param environment of wrangler.jsonc: each has settings of its own, such as another OAuth app */
export function productionVars(environment: string | undefined): string {
	return join(ROOT, environment === undefined ? ".production.vars" : `.production.vars.${environment}`);
}

/** @returns the settings that have a value; undefined if there is no such file */
export function readProductionVars(environment: string | undefined): ReadonlyMap<string, string> | undefined {
	const path = productionVars(environment);
	if (!existsSync(path)) return undefined;
	const entries = Object.entries(parseEnv(readFileSync(path, "utf8")));
	return new Map(entries.flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()] as const] : [])));
}
