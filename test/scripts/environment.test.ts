/** What a test run keeps of the developer's own shell and files. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { copyWranglerConfig } from "../support/environment.ts";

const ROOT = join(import.meta.dirname, "../..");

/** @returns the environment that the tests and all that they start have, if Vitest is started with this one */
function cleaned(env: Record<string, string>): Record<string, string> {
	const script = `import { cleanEnvironment } from "./test/support/environment.ts";
		cleanEnvironment();
		console.log(JSON.stringify(process.env));`;
	const args = ["--input-type=module", "--eval", script];
	const options = { cwd: ROOT, env: env as NodeJS.ProcessEnv, encoding: "utf8" } as const;
	return JSON.parse(execFileSync(process.execPath, args, options));
}

it("neither the server's settings nor those of Wrangler, Node.js and npm come from the shell", () => {
	const own = {
		GITHUB_CLIENT_ID: "own",
		COOKIE_ENCRYPTION_KEY: "short",
		STDIO_URL: "http://127.0.0.1:1",
		STDIO_ENV_KEY: "own",
		CLOUDFLARE_API_TOKEN: "own",
		CLOUDFLARE_ENV: "own",
		WRANGLER_LOG: "debug",
		NODE_OPTIONS: "--trace-warnings",
		npm_config_loglevel: "silly",
		PORT: "1",
		https_proxy: "http://127.0.0.1:1",
	};
	const kept = { PATH: "/bin", HOME: "/home/own", npm_config_registry: "https://registry.example" };
	const env = cleaned({ ...own, ...kept });
	expect(env).toMatchObject(kept);
	expect(Object.keys(env).filter((name) => name in own)).toEqual([]);
	expect(env.NO_PROXY).toBe("*");
	// Empty, not absent: `.dev.vars` has no say then.
	expect(env.STDIO_COMMAND).toBe("");
});

it("there is nothing but the configuration where Vitest looks for .dev.vars and .env", () => {
	const copy = copyWranglerConfig();
	expect(readdirSync(dirname(copy))).toEqual(["wrangler.jsonc"]);
	const assets = JSON.stringify(join(ROOT, "dist/assets"));
	const original = readFileSync(join(ROOT, "wrangler.jsonc"), "utf8");
	// The only path in it that is relative to its folder.
	expect(readFileSync(copy, "utf8")).toBe(original.replace('"./dist/assets"', assets));
});
