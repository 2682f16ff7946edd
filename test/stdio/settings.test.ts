/** The list of all settings leaves none out, and what is made of it names none that do not exist. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { expect, it } from "vitest";
import { unstable_readConfig } from "wrangler";
import { loadWorkerCode } from "../../src/scripts/worker-code.ts";

const read = (path: string) => readFile(join(import.meta.dirname, "../..", path), "utf8");
const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].flatMap(([, name]) => name ?? []);
const listed = async () => Object.keys(parseEnv(await read("docs/settings.env")));

it("the list of settings names every setting", async () => {
	const sources = await Promise.all(
		["src/auth/settings.ts", "src/oauth/settings.ts", "src/stdio/settings.ts"].map(read),
	);
	const config = names(sources.join("\n"), /^\t([A-Z_]+): /gm);
	const lists = names(await read("src/server.ts"), /users: "([A-Z_]+)"/g);
	const ofExtra = names(await read("src/stdio/extra.ts"), /users: "([A-Z_]+)"/g);
	const container = names(await read("src/stdio/container.ts"), /this\.env\.([A-Z_]+)/g);
	expect(config).toEqual(expect.arrayContaining(["STDIO_URL", "STDIO_COMMAND", "ALLOWED_ORIGINS", "OPERATOR_KEY"]));
	expect(container).toContain("STDIO_SLEEP_AFTER");
	// One is for `npm run start:stdio` to set.
	expect(ofExtra).toEqual(["STDIO_ALLOWED_USERS"]);
	const settings = [...config, ...container, ...lists, ...ofExtra].filter((name) => name !== "STDIO_PIPE_SECRET");
	expect(await listed()).toEqual(expect.arrayContaining(settings));
});

it("the list of settings names every setting of every identity provider", { timeout: 90_000 }, async () => {
	const { providers } = await loadWorkerCode();
	const settings = providers.flatMap(({ required, optional }) => [...required, ...optional]);
	expect(settings).toContain("GITHUB_CLIENT_ID");
	expect(await listed()).toEqual(expect.arrayContaining(settings));
});

it("the short example names settings that exist, the signing key and one provider, and has no values", async () => {
	const example = parseEnv(await read(".dev.vars.example"));
	expect(await listed()).toEqual(expect.arrayContaining(Object.keys(example)));
	expect(example).toEqual({ COOKIE_ENCRYPTION_KEY: "", GITHUB_CLIENT_ID: "", GITHUB_CLIENT_SECRET: "" });
});

it("what the button Deploy to Cloudflare describes are settings of the short example, all of them, and bindings", async () => {
	const { cloudflare } = JSON.parse(await read("package.json")) as { cloudflare: { bindings: Record<string, object> } };
	const example = Object.keys(parseEnv(await read(".dev.vars.example")));
	const { kv_namespaces } = unstable_readConfig({ config: join(import.meta.dirname, "../../wrangler.jsonc") });
	const bindings = kv_namespaces.map(({ binding }: { binding: string }) => binding);
	expect(bindings).toEqual(["OAUTH_KV"]);
	expect(Object.keys(cloudflare.bindings).sort()).toEqual([...example, ...bindings].sort());
});
