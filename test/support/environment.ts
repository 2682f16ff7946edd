/**
 * What the developer's own shell and files must not change in a test run: the configuration of Vitest imports this first,
 * and all that the tests start inherits it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { devNull } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";

const ROOT = join(import.meta.dirname, "../..");
const EVERY_SETTING = join(ROOT, "docs/settings.env");
const CONFIG = join(ROOT, "wrangler.jsonc");
const CONFIG_COPY_FOLDER = join(ROOT, ".wrangler/tests");

/** Variables that Wrangler, Node.js, npm and the scripts here read. */
const FOREIGN =
	/^(CLOUDFLARE|CF|WORKERS|WRANGLER|MINIFLARE|STDIO|X)_|^(npm_config_|NODE_)|^(PORT|DEBUG|FORCE_COLOR|HTTPS?_PROXY|ALL_PROXY|NO_PROXY)$/i;
/** How npm reaches its registry and finds its own files. */
const KEPT = /^(npm_config_(cache|registry|cafile|userconfig|globalconfig)|NODE_EXTRA_CA_CERTS)$/i;
/** These have more say than `.dev.vars`: no container, and the limits of those tests that configure one. */
const STDIO_SETTINGS = { STDIO_COMMAND: "", STDIO_MAX_INSTANCES: "20", STDIO_SLEEP_AFTER: "10m" };

/** Where Node.js keeps what it has compiled: tests start the same programs, such as Wrangler, hundreds of times. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(ROOT, "node_modules/.cache/node") };

/** For Wrangler, after all other flags: reads the variables from there, and neither `.dev.vars` nor `.env`. */
export const NO_VARIABLES = ["--env-file", devNull];

/** Takes out of this process's environment what would change the outcome of a test. */
export function cleanEnvironment(): void {
	const settings = Object.keys(parseEnv(readFileSync(EVERY_SETTING, "utf8")));
	for (const name of Object.keys(process.env)) {
		if (settings.includes(name) || (FOREIGN.test(name) && !KEPT.test(name))) delete process.env[name];
	}
	// A proxy that Node.js knows from its start is passed over, too.
	Object.assign(process.env, STDIO_SETTINGS, COMPILE_CACHE, { NODE_ENV: "test", NO_PROXY: "*" });
}

/**
 * Vitest's plugin reads `.dev.vars` and `.env` beside the configuration, and cannot be told otherwise.
 *
 * @returns the path of a copy in a folder without them
 */
export function copyWranglerConfig(): string {
	const copy = join(CONFIG_COPY_FOLDER, "wrangler.jsonc");
	const text = readFileSync(CONFIG, "utf8").replace('"./dist/assets"', JSON.stringify(join(ROOT, "dist/assets")));
	mkdirSync(CONFIG_COPY_FOLDER, { recursive: true });
	// Another run may be reading it.
	if (!existsSync(copy) || readFileSync(copy, "utf8") !== text) writeFileSync(copy, text);
	return copy;
}
