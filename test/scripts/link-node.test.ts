/** What puts the project's own Node.js where npm scripts find it, in a copy of the project with packages for two platforms. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const SCRIPT = "src/scripts/link-node.cjs";
const EXECUTABLE = process.platform === "win32" ? "node.exe" : "node";

type Project = { folder: string; commands: string; run(): { status: number | null; stderr: string } };

function makeProject(platforms: Record<string, { os: string; cpu: string }>): Project {
	const folder = realpathSync(mkdtempSync(join(tmpdir(), "link-node-")));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	const commands = join(folder, "node_modules/.bin");
	for (const path of [commands, join(folder, "src/scripts")]) mkdirSync(path, { recursive: true });
	copyFileSync(join(ROOT, SCRIPT), join(folder, SCRIPT));
	const optionalDependencies = { "node-absent": "26.0.0", "node-there": "26.0.0", "node-here": "26.0.0" };
	writeFileSync(join(folder, "package.json"), JSON.stringify({ optionalDependencies }));
	for (const [name, platform] of Object.entries(platforms)) {
		const home = join(folder, "node_modules", name);
		mkdirSync(join(home, "bin"), { recursive: true });
		writeFileSync(join(home, "package.json"), JSON.stringify({ ...platform, bin: { node: `bin/${EXECUTABLE}` } }));
		writeFileSync(join(home, "bin", EXECUTABLE), name);
	}
	return {
		folder,
		commands,
		run() {
			const { status, stderr } = spawnSync(process.execPath, [join(folder, SCRIPT)], { encoding: "utf8" });
			return { status, stderr };
		},
	};
}

const HERE = { os: process.platform, cpu: process.arch };
const THERE = { os: "another", cpu: process.arch };
const DONE = { status: 0, stderr: "" };

it("links the one for this platform, once", () => {
	const { folder, commands, run } = makeProject({ "node-there": THERE, "node-here": HERE });
	for (const _ of ["first", "second"]) {
		expect(run()).toEqual(DONE);
		expect(readdirSync(commands)).toEqual([EXECUTABLE]);
	}
	const link = realpathSync(join(commands, EXECUTABLE));
	expect([link, join(commands, EXECUTABLE)]).toContain(join(folder, "node_modules/node-here/bin", EXECUTABLE));
});

it("leaves alone what npm has linked", () => {
	const { commands, run } = makeProject({ "node-here": HERE });
	writeFileSync(join(commands, "node.cmd"), "");
	expect(run()).toEqual(DONE);
	expect(readdirSync(commands)).toEqual(["node.cmd"]);
});

it("links nothing where there is none for this platform", () => {
	const { commands, run } = makeProject({ "node-there": THERE });
	expect(run()).toEqual(DONE);
	expect(readdirSync(commands)).toEqual([]);
});
