/** The entry point of the npm scripts, in a copy of the project that is installed as far as a test wants. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const RUN = "src/scripts/run.cjs";
const PLATFORM = { os: [process.platform], cpu: [process.arch] };
/** What `npm ci` leaves behind, as far as the entry point looks at it. */
const INSTALLED: Record<string, object> = {
	wrangler: { version: "4.5.6", bin: { wrangler: "command.js" } },
	"@example/tool": { version: "1.2.3", bin: { tool: "command.js", other: "other.js" } },
	plugin: { version: "2.0.0" },
	workerd: {
		version: "1.0.0",
		optionalDependencies: { "@example/workerd-here": "1.0.0", "@example/workerd-there": "1.0.0" },
	},
	"@example/workerd-here": { version: "1.0.0", ...PLATFORM },
	esbuild: { version: "1.0.0", optionalDependencies: { "@example/esbuild-here": "1.0.0" } },
	"@example/esbuild-here": { version: "1.0.0", ...PLATFORM },
};

function makeProject(installed?: Record<string, object | undefined>): string {
	const folder = mkdtempSync(join(tmpdir(), "run-"));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	const write = (path: string, text: string) => {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		writeFileSync(join(folder, path), text);
	};
	const dependencies = { plugin: "npm:@example/plugin@2.0.0" };
	const devDependencies = { wrangler: "4.5.6", "@example/tool": "^1.0.0" };
	write("package.json", JSON.stringify({ type: "module", dependencies, devDependencies }));
	write(
		"src/target.ts",
		`const args: string[] = process.argv; console.log(JSON.stringify([import.meta.main, ...args.slice(1)])); process.exitCode = 7;`,
	);
	mkdirSync(join(folder, "src/scripts"));
	copyFileSync(join(ROOT, RUN), join(folder, RUN));
	for (const [name, manifest] of Object.entries(installed ?? {})) {
		if (!manifest) continue;
		write(`node_modules/${name}/package.json`, JSON.stringify(manifest));
		write(`node_modules/${name}/command.js`, "console.log(require.main === module, ...process.argv.slice(2))");
	}
	return folder;
}

function run(folder: string, args: readonly string[], nodeFlags: readonly string[] = [], env = process.env) {
	const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeFlags, join(folder, RUN), ...args], {
		encoding: "utf8",
		env,
	});
	return { status, stdout, stderr };
}

it("runs a TypeScript file as the main module, with its arguments and its exit code", () => {
	const folder = makeProject(INSTALLED);
	const { status, stdout, stderr } = run(folder, ["src/target.ts", "--port", "1"]);
	expect(stderr).toBe("");
	expect(JSON.parse(stdout)).toEqual([true, join(folder, "src/target.ts"), "--port", "1"]);
	expect(status).toBe(7);
});

it.each(["wrangler", "@example/tool"])("runs the command of the package %s", (name) => {
	expect(run(makeProject(INSTALLED), [name, "a", "b c"])).toEqual({ status: 0, stdout: "true a b c\n", stderr: "" });
});

it("keeps Wrangler from reading variables of the shell", () => {
	const folder = makeProject(INSTALLED);
	const print = "console.log(process.env.CLOUDFLARE_INCLUDE_PROCESS_ENV)";
	for (const name of ["wrangler", "@example/tool"])
		writeFileSync(join(folder, `node_modules/${name}/command.js`), print);
	const env = { ...process.env, CLOUDFLARE_INCLUDE_PROCESS_ENV: "true" };
	expect(run(folder, ["wrangler"], [], env).stdout).toBe("false\n");
	expect(run(folder, ["@example/tool"], [], env).stdout).toBe("true\n");
});

it.each<{ what: string; installed?: Record<string, object | undefined>; expected: RegExp }>([
	{ what: "nothing is installed", expected: /^The project's packages are not installed: run `npm ci` first\.$/ },
	{
		what: "one package is missing",
		installed: { ...INSTALLED, "@example/tool": undefined },
		expected: /^The package @example\/tool is not installed: run `npm ci` first\.$/,
	},
	{
		what: "a package has another version",
		installed: { ...INSTALLED, plugin: { version: "1.9.9" } },
		expected: /^This project needs plugin 2\.0\.0, but 1\.9\.9 is installed: run `npm ci` first\.$/,
	},
	{
		what: "optional packages were left out",
		installed: { ...INSTALLED, "@example/esbuild-here": undefined },
		expected:
			/^The executable of esbuild for this platform \(\w+ \w+\) is not installed: run `npm ci` on this computer, /,
	},
	{
		what: "node_modules comes from another platform",
		installed: {
			...INSTALLED,
			"@example/workerd-here": undefined,
			"@example/workerd-there": { version: "1.0.0", os: ["another"], cpu: [process.arch] },
		},
		expected:
			/^The executable of workerd for this platform \(\w+ \w+\) is not installed: run `npm ci` on this computer, /,
	},
])("one sentence says what to do where $what", ({ installed, expected }) => {
	const { status, stdout, stderr } = run(makeProject(installed), ["src/target.ts"]);
	expect(status).toBe(1);
	expect(stdout).toBe("");
	expect(stderr.trimEnd()).toMatch(expected);
	expect(stderr.trimEnd()).not.toContain("\n");
});

it.each([
	["20.20.2", false],
	["22.17.9", false],
	["22.18.0", true],
	["23.5.0", false],
	["23.6.0", true],
	["24.0.0", true],
	["26.10.0", true],
])("on Node.js %s the target runs: %s", (version, isRun) => {
	const folder = makeProject(INSTALLED);
	const pretend = join(folder, "pretend.cjs");
	const versions = `{ ...process.versions, node: ${JSON.stringify(version)} }`;
	writeFileSync(pretend, `Object.defineProperty(process, "versions", { value: ${versions} });`);
	const { stdout, stderr } = run(folder, ["src/target.ts"], ["--require", pretend]);
	expect(stdout !== "").toBe(isRun);
	const sentence = `This project needs Node.js 22.18 or newer, but this is Node.js ${version}: run \`npm ci\` with install scripts allowed, or install a newer one from https://nodejs.org.\n`;
	expect(stderr).toBe(isRun ? "" : sentence);
});

it("every npm script starts through it", () => {
	const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
		scripts: Record<string, string>;
	};
	const { dependencies: linkNode, ...others } = scripts;
	// npm runs this one, on any Node.js, and perhaps before the sources are there.
	expect(linkNode).toBe(`node -e "fs.existsSync('src') && require('./src/scripts/link-node.cjs')"`);
	const commands = Object.values(others).flatMap((script) => script.split("&&"));
	expect(commands.length).toBeGreaterThan(10);
	for (const command of commands) expect(command.trim()).toMatch(/^(node src\/scripts\/run\.cjs|npm run) \S/);
});
