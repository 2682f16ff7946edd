/** The deployment with and without the container: one setting decides. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { unstable_readConfig as readSettings } from "wrangler";
import { hasConfigFlag, writeDeployment } from "../../src/scripts/stdio/deployment.ts";
import { readContainerSettings } from "../../src/scripts/stdio/settings.ts";

const ROOT = join(import.meta.dirname, "../..");
const COMMAND = "uvx mcp-server-fetch --user-agent 'a b'";
/** Ignored by Git, as the one that the scripts write. */
const FILE = `wrangler.stdio.${process.pid}.json`;
const DEPLOY_MILLISECONDS = 60_000;

let out: string;
beforeAll(async () => {
	out = await mkdtemp(join(tmpdir(), "deployment-"));
});
afterAll(async () => {
	await rm(out, { recursive: true });
	await rm(join(ROOT, FILE), { force: true });
});

it("without a command there is no container", () => {
	expect(readContainerSettings({}, {})).toBeUndefined();
	expect(readContainerSettings({ STDIO_COMMAND: " " }, {})).toBeUndefined();
	expect(readSettings({ config: join(ROOT, "wrangler.jsonc") }).containers).toBeUndefined();
});

it("the environment has more say than .dev.vars, also to turn it off", () => {
	const file = { STDIO_COMMAND: "from-file", STDIO_MAX_INSTANCES: "3" };
	expect(readContainerSettings({}, file)).toMatchObject({ command: "from-file", maxInstances: 3 });
	expect(readContainerSettings({ STDIO_COMMAND: COMMAND, STDIO_MAX_INSTANCES: "7" }, file)).toMatchObject({
		command: COMMAND,
		maxInstances: 7,
	});
	expect(readContainerSettings({ STDIO_COMMAND: "" }, file)).toBeUndefined();
});

it.each(["0", "-1", "many", "1.5"])("a limit of %s containers is refused", (limit) => {
	expect(() => readContainerSettings({ STDIO_COMMAND: COMMAND, STDIO_MAX_INSTANCES: limit }, {})).toThrow(
		"STDIO_MAX_INSTANCES must be",
	);
});

it("a command of two lines is refused", () => {
	expect(() => readContainerSettings({ STDIO_COMMAND: "a\nb" }, {})).toThrow("one line");
	expect(() => readContainerSettings({ STDIO_COMMAND: 'a "b' }, {})).toThrow("never closed");
	expect(() => readContainerSettings({ STDIO_COMMAND: "a", STDIO_SLEEP_AFTER: "soon" }, {})).toThrow(
		"STDIO_SLEEP_AFTER",
	);
	expect(readContainerSettings({ STDIO_COMMAND: "a", STDIO_SLEEP_AFTER: "2m" }, {})?.sleepAfter).toBe("2m");
});

it("with a command Wrangler reads the same configuration and a container", async () => {
	const settings = readContainerSettings({ STDIO_COMMAND: COMMAND }, {});
	if (!settings) throw new Error("There are no settings");
	const path = await writeDeployment(settings, FILE);
	expect(basename(path)).toBe(FILE);
	const { containers, vars, configPath: _, userConfigPath: __, ...rest } = readSettings({ config: path });
	expect(containers).toHaveLength(1);
	expect(containers?.[0]).toMatchObject({
		class_name: "StdioContainer",
		image: join(ROOT, "src/bridge/Dockerfile"),
		image_build_context: join(ROOT, "src/bridge"),
		image_vars: { STDIO_COMMAND: COMMAND },
		max_instances: 20,
	});
	expect(vars).toEqual({ STDIO_COMMAND: COMMAND, STDIO_SLEEP_AFTER: "10m" });
	const plain = readSettings({ config: join(ROOT, "wrangler.jsonc") });
	expect(rest).toEqual({ ...plain, ...OTHER });
	expect(rest.durable_objects.bindings).toContainEqual({ name: "STDIO_OBJECT", class_name: "StdioContainer" });
});

/** What differs, or is looked at above. */
const OTHER = { containers: undefined, vars: undefined, configPath: undefined, userConfigPath: undefined };

it("Git ignores what is generated", async () => {
	expect(await readFile(join(ROOT, ".gitignore"), "utf8")).toMatch(/^wrangler\.stdio/m);
});

it("a configuration of one's own is left alone", () => {
	expect(hasConfigFlag(["--config", "mine.json"])).toBe(true);
	expect(hasConfigFlag(["--config=mine.json"])).toBe(true);
	expect(hasConfigFlag(["--containers-rollout=none", "--dry-run"])).toBe(false);
});

it.each([
	{ what: "without the setting", command: "", has: false },
	{ what: "with it", command: COMMAND, has: true },
])("npm run deploy -- --dry-run $what", { timeout: DEPLOY_MILLISECONDS }, async ({ command, has }) => {
	const flags = ["--dry-run", "--outdir", out];
	// On every machine as on one without Docker: building the image takes minutes.
	const env = { ...process.env, STDIO_COMMAND: command, WRANGLER_DOCKER_BIN: "no-docker-here" };
	const { stdout } = await promisify(execFile)("npm", ["run", "deploy", "--", ...flags], { cwd: ROOT, env });
	expect(stdout).toContain("--dry-run: exiting now.");
	expect(stdout.includes("The following containers are available")).toBe(has);
	expect(stdout.includes("mcp-server-fetch")).toBe(has);
	expect(stdout.includes("No Docker engine answers")).toBe(has);
});

it("with Docker the image is built from its folder, with the command in it", {
	timeout: DEPLOY_MILLISECONDS,
}, async () => {
	const docker = join(out, "docker");
	const calls = join(out, "calls");
	// Writes down how it is called, reads the Dockerfile where it is piped in, and claims that there is an image.
	const script = `printf '<%s>' "$@" >> ${calls}\ncase "$*" in *"-f -"*) cat > /dev/null;; esac\necho '1 1 []'\n`;
	await writeFile(docker, `#!/bin/sh\n${script}`, { mode: 0o755 });
	const env = { ...process.env, STDIO_COMMAND: COMMAND, WRANGLER_DOCKER_BIN: docker };
	const run = (...args: string[]) => promisify(execFile)("npm", ["run", ...args], { cwd: ROOT, env });
	for (const args of [["deploy", "--", "--dry-run", "--outdir", out], ["image"]]) {
		await rm(calls, { force: true });
		await run(...args);
		const called = await readFile(calls, "utf8");
		expect(called).toContain(`<--build-arg><STDIO_COMMAND=${COMMAND}>`);
		expect(called).toContain("<--platform><linux/amd64>");
		expect(called).toContain(`<${join(ROOT, "src/bridge")}>`);
	}
});

it("npm run deploy ends with Wrangler's exit code", { timeout: DEPLOY_MILLISECONDS }, async () => {
	const env = { ...process.env, STDIO_COMMAND: "" };
	const deploy = promisify(execFile)("npm", ["run", "deploy", "--", "--dry-run", "--no-such-flag"], { cwd: ROOT, env });
	await expect(deploy).rejects.toMatchObject({ code: 1 });
});

it("npm run image says what it needs, where there is no Docker", async () => {
	const env = { ...process.env, WRANGLER_DOCKER_BIN: "no-docker-here" };
	const build = promisify(execFile)("npm", ["run", "image"], { cwd: ROOT, env });
	await expect(build).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("start Docker and try again") });
});
