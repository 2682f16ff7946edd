/** What a deployment uploads, and which settings the server has afterwards. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseEnv } from "node:util";
import { ROOT } from "../paths.ts";
import { productionVars, readProductionVars } from "../production-vars.ts";
import { readRawConfig } from "../stdio/raw-config.ts";
import { listSecrets } from "../wrangler-secrets.ts";
import type { Flags } from "./flags.ts";

const KEY = "COOKIE_ENCRYPTION_KEY";
const KEY_BYTES = 32;
/** Workers Builds, also after the button "Deploy to Cloudflare": the dashboard has the settings, and may add them later. */
const IS_WORKERS_BUILD = process.env.WORKERS_CI === "1";

export type Plan = {
	/** Where the uploaded settings come from, for messages. */
	readonly source: string;
	/** The settings to upload. What is deployed keeps all others. */
	readonly upload: ReadonlyMap<string, string>;
	/** The key among them that was just made. */
	readonly newKey: string | undefined;
	/** The names of all settings that the server then has, as far as they are known. */
	readonly names: ReadonlySet<string>;
	/** Whether the settings that the deployed server has already are among them. */
	readonly isComplete: boolean;
};

/** @throws Error with what Wrangler says if it cannot list the deployed settings */
export async function planDeployment(flags: Flags): Promise<Plan> {
	const { environment, secretsFile } = flags;
	const isComplete = !flags.isDryRun && !IS_WORKERS_BUILD;
	const given = secretsFile === undefined ? readProductionVars(environment) : readSecretsFile(secretsFile);
	const upload = new Map(given);
	const deployed = isComplete ? await listSecrets(flags.ofWorker) : [];
	const inConfig = await namesInConfig(flags);
	const needsKey = !IS_WORKERS_BUILD && !upload.has(KEY) && !deployed.includes(KEY);
	if (needsKey) upload.set(KEY, randomBytes(KEY_BYTES).toString("hex"));
	return {
		source: secretsFile ?? relative(ROOT, productionVars(environment)),
		upload,
		newKey: needsKey ? KEY : undefined,
		names: new Set([...upload.keys(), ...deployed, ...inConfig]),
		isComplete,
	};
}

/** Wrangler reads such a file as JSON, or else as lines NAME=VALUE. */
function readSecretsFile(path: string): ReadonlyMap<string, string> {
	const text = readFileSync(resolve(path), "utf8");
	const values: Record<string, unknown> = text.trimStart().startsWith("{") ? JSON.parse(text) : parseEnv(text);
	return new Map(Object.entries(values).flatMap(([name, value]) => (value ? [[name, String(value)] as const] : [])));
}

/** Settings can be variables of the configuration, too. To read it properly takes seconds, so it is looked at first. */
async function namesInConfig({ config, environment }: Flags): Promise<string[]> {
	const path = config === undefined ? join(ROOT, "wrangler.jsonc") : resolve(config);
	if (!readFileSync(path, "utf8").includes("vars")) return [];
	const { vars, env } = await readRawConfig(path);
	return Object.keys((environment === undefined ? vars : env?.[environment]?.vars) ?? {});
}
