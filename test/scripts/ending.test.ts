/** Nothing that was started outlives its starter: Worker, bridge and child end together, however the end comes. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { findFreePort, isListening, waitFor } from "../e2e/server.ts";
import { childCommand } from "../stdio/processes.ts";
import { NO_VARIABLES } from "../support/environment.ts";
import { openStdioSession } from "../support/stdio-session.ts";
import { cpuSeconds, expectGone, type Listed, treeOf } from "./process-tree.ts";

const ROOT = join(import.meta.dirname, "../..");
const TEST_MILLISECONDS = 120_000;
const START_MILLISECONDS = 60_000;
const END_MILLISECONDS = 5_000;

type Started = {
	/** What this test has started: npm, or a terminal with npm in it. */
	readonly starter: ChildProcess;
	/** The script that npm runs. */
	readonly script: Listed;
	readonly all: readonly Listed[];
	/** The address of the Worker. */
	readonly origin: string;
};

/** Starts a command for one test, which kills what is left of it. */
function startForTest(command: readonly string[], env: Readonly<Record<string, string>> = {}) {
	const [file = "", ...args] = command;
	const starter = spawn(file, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: "pipe" });
	let printed = "";
	for (const stream of [starter.stdout, starter.stderr]) stream.on("data", (chunk) => (printed += chunk));
	starter.stdin.on("error", () => {});
	let tree: readonly Listed[] = [];
	onTestFinished(async () => {
		// All that there was, and what a test that failed early has not looked at.
		for (const { pid } of [...tree, ...(await treeOf(starter.pid ?? 0))]) {
			try {
				process.kill(pid, "SIGKILL");
			} catch {}
		}
	});
	const look = async () => {
		tree = await treeOf(starter.pid ?? 0);
		return tree;
	};
	return { starter, output: () => printed, look };
}

/** Two servers that start at the same moment may pick the same inner port: the loser starts again. */
async function startWithFreePort(folder: string, inTerminal: boolean) {
	for (;;) {
		const flags = ["--port", String(await findFreePort()), "--persist-to", folder, ...NO_VARIABLES];
		const npm = ["npm", "run", "start:stdio", "--", ...flags, "--", ...childCommand("fake")];
		const started = startForTest(inTerminal ? ["script", "-qec", npm.join(" "), "/dev/null"] : npm);
		const { starter, output } = started;
		const hasEnded = () => starter.exitCode !== null || starter.signalCode !== null;
		const isSettled = async () => output().includes("Stop with Ctrl-C.") || hasEnded();
		await waitFor("the greeting", isSettled, START_MILLISECONDS);
		if (!hasEnded()) return started;
		if (!/port .*is taken/i.test(output())) throw new Error(`It did not start: ${output()}`);
	}
}

async function startAll(inTerminal = false): Promise<Started> {
	const folder = await mkdtemp(join(tmpdir(), "ending-"));
	onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
	const { starter, output, look } = await startWithFreePort(folder, inTerminal);
	const [, origin = ""] = /Remote MCP server: (http:\S+)/.exec(output()) ?? [];
	expect(await openStdioSession(origin)).toContain("serverInfo");
	const all = await look();
	const names = all.map(({ command }) => command).join("\n");
	for (const part of ["bridge/main.ts", "wrangler", "workerd", "children/fake.ts"]) expect(names).toContain(part);
	return { starter, script: scriptOf(all), all, origin };
}

/** The process that npm runs, mostly through a shell. */
function scriptOf(tree: readonly Listed[]): Listed {
	const script = tree.find(({ command }) => /^\S*node .*\bsrc\/scripts\/(stdio\/)?start\.ts/.test(command));
	if (!script) throw new Error("npm runs no script");
	return script;
}

const isLinux = process.platform === "linux";

it.each<[string, (started: Started) => unknown]>([
	["SIGKILL to npm", ({ starter }) => starter.kill("SIGKILL")],
	["SIGKILL to the script", ({ script }) => process.kill(script.pid, "SIGKILL")],
	[
		"SIGTERM to the script, with all others stopped",
		({ script, all }) => {
			const others = all.slice(all.indexOf(script) + 1);
			for (const { pid } of others) process.kill(pid, "SIGSTOP");
			process.kill(script.pid, "SIGTERM");
		},
	],
])("%s leaves nothing", { timeout: TEST_MILLISECONDS }, async (_, end) => {
	const started = await startAll();
	end(started);
	await expectGone(started.all, END_MILLISECONDS);
});

it("goes on without a reader of its output, quietly; SIGINT leaves nothing", {
	timeout: TEST_MILLISECONDS,
}, async () => {
	const { starter, script, all, origin } = await startAll();
	starter.stdout?.destroy();
	starter.stderr?.destroy();
	// Logs the start of a child.
	expect(await openStdioSession(origin)).toContain("serverInfo");
	await delay(500);
	const before = await cpuSeconds(all);
	await delay(3_000);
	expect((await cpuSeconds(all)) - before).toBeLessThan(2);
	process.kill(script.pid, "SIGINT");
	await expectGone([...all, ...(await treeOf(script.pid))], END_MILLISECONDS);
});

it.runIf(isLinux).each<[string, (terminal: ChildProcess) => unknown]>([
	["Ctrl-C in a terminal", ({ stdin }) => stdin?.write("\x03")],
	["a terminal that is closed", (terminal) => terminal.kill("SIGKILL")],
])("%s leaves nothing", { timeout: TEST_MILLISECONDS }, async (_, end) => {
	const { starter, all } = await startAll(true);
	end(starter);
	await expectGone(all, END_MILLISECONDS);
});

it("SIGINT ends a start that waits for Docker", { timeout: TEST_MILLISECONDS }, async () => {
	const folder = await mkdtemp(join(tmpdir(), "ending-"));
	onTestFinished(() => rm(folder, { recursive: true, force: true }));
	const docker = join(folder, "docker");
	await writeFile(docker, "#!/bin/sh\ntrap '' INT TERM\nsleep 60\n");
	await chmod(docker, 0o755);
	const port = await findFreePort();
	const env = { WRANGLER_DOCKER_BIN: docker, STDIO_COMMAND: "uvx mcp-server-fetch" };
	const { look } = startForTest(["npm", "start", "--", "--port", String(port)], env);
	const isWaiting = async () => (await look()).some(({ command }) => command.includes(docker));
	await waitFor("Docker to be asked", isWaiting, START_MILLISECONDS);
	const all = (await look()).filter(({ command }) => !command.startsWith("sleep"));
	process.kill(scriptOf(all).pid, "SIGINT");
	await expectGone(all, END_MILLISECONDS);
	expect(await isListening(port)).toBe(false);
});
