/** Where settings go: a file for `npm start`, a file for the next deployment, or the deployed server. */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseEnv } from "node:util";
import { DEV_VARS, type Variables } from "../dev-vars.ts";
import { ROOT } from "../paths.ts";
import { productionVars } from "../production-vars.ts";
import { listSecrets, putSecrets } from "../wrangler-secrets.ts";
import { changeSettings, replaceFile } from "./env-file.ts";

export type Place = {
	/** For messages. */
	readonly title: string;
	/** What to do after the settings were stored there. */
	readonly next: string;
	readonly isLocal: boolean;
	/** The settings whose values can be read. */
	readonly values: Variables;
	/** The names of all settings that have a value there. */
	readonly names: ReadonlySet<string>;
	store(changes: ReadonlyMap<string, string>): Promise<void>;
};

type Choice = {
	readonly remote?: boolean | undefined;
	readonly put?: boolean | undefined;
	readonly env?: string | undefined;
};

export async function findPlace({ remote, put, env }: Choice): Promise<Place> {
	if (put) return deployedServer(env === undefined ? [] : ["--env", env]);
	const suffix = env === undefined ? "" : `.${env}`;
	return remote ? file(productionVars(env), false) : file(join(ROOT, DEV_VARS + suffix), true);
}

const HEADER = "# Written by `npm run setup`. docs/settings.env lists all settings. Keep this file to yourself.";

function file(path: string, isLocal: boolean): Place {
	const text = existsSync(path) ? readFileSync(path, "utf8") : `${HEADER}\n`;
	const values: Variables = parseEnv(text);
	const names = Object.keys(values).filter((name) => values[name]?.trim());
	return {
		title: relative(ROOT, path),
		next: isLocal ? "npm start (if it runs, start it again)" : "npm run deploy",
		isLocal,
		values,
		names: new Set(names),
		store: async (changes) => replaceFile(path, changeSettings(text, changes)),
	};
}

async function deployedServer(flags: readonly string[]): Promise<Place> {
	return {
		title: "the deployed server",
		next: "sign in at the deployed server. Cloudflare has given it the new settings already.",
		isLocal: false,
		values: {},
		names: new Set(await listSecrets(flags)),
		store: (changes) => putSecrets(changes, flags),
	};
}
