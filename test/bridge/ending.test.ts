/** The end of the program, and of the children that do not want to end. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { CLOSE } from "../../src/bridge/contract.ts";
import { waitFor as waitForAsync } from "../e2e/server.ts";
import { cpuSeconds, expectGone, treeOf } from "../scripts/process-tree.ts";
import { childCommand } from "../stdio/door.ts";
import { waitFor } from "../stdio/processes.ts";
import { MAIN } from "../stdio/program.ts";
import { inline, memoryOf, SECRET, startProgram, TestPipe } from "./pipes.ts";

const END_MILLISECONDS = 5_000;
/** Long enough for a loop that never rests to show. */
const OBSERVED_MILLISECONDS = 2_000;

/** The program and a child. */
async function startAll(command: readonly string[]) {
	const program = await startProgram(command);
	await TestPipe.open(program);
	const { pid } = await program.event("child_start");
	const hasGrandchild = () => program.events("child_stderr").some(({ line }) => String(line).startsWith("grandchild"));
	if (command.join().includes("stubborn")) await waitFor("the grandchild", hasGrandchild);
	const own = program.process.pid ?? 0;
	return { program: own, child: Number(pid), all: await treeOf(own) };
}

it.each(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const)("%s ends even stubborn children", async (signal) => {
	const { program, all } = await startAll(childCommand("stubborn"));
	expect(all.filter(({ command }) => /stubborn\.mjs/.test(command) && !command.includes(MAIN))).toHaveLength(2);
	process.kill(program, signal);
	await expectGone(all, END_MILLISECONDS);
});

it.each(["SIGTERM", "SIGKILL"] as const)("%s ends a child that is stopped", async (signal) => {
	const { program, child, all } = await startAll(childCommand("stubborn"));
	process.kill(child, "SIGSTOP");
	process.kill(program, signal);
	await expectGone(all, END_MILLISECONDS);
});

it.skipIf(process.platform === "win32")("is watched before there is a child that could be left behind", async () => {
	const program = await startProgram(childCommand("stubborn"));
	const commands = (await treeOf(program.process.pid ?? 0)).map(({ command }) => command);
	expect(commands).toEqual([expect.stringContaining(MAIN), expect.stringMatching(/^sh -c/)]);
});

it("ends with the process that has started it", async () => {
	const words = [process.execPath, MAIN, "--port", "0", "--", ...childCommand("silent")];
	// As if no npm were about.
	const env = { ...process.env, npm_lifecycle_event: undefined, STDIO_PIPE_SECRET: SECRET };
	const starter = spawn("sh", ["-c", `"$@" & wait`, "sh", ...words], { env, stdio: ["ignore", "pipe", "ignore"] });
	let output = "";
	starter.stdout.on("data", (chunk) => (output += chunk));
	const url = await waitFor("the program to listen", () => /^Bridge: (http:\S+)/m.exec(output)?.[1]);
	await TestPipe.open({ url });
	let all = await treeOf(starter.pid ?? 0);
	while (!all.some(({ command }) => command.includes("silent.mjs") && !command.includes(MAIN))) {
		all = await treeOf(starter.pid ?? 0);
	}
	starter.kill("SIGKILL");
	await expectGone(all, END_MILLISECONDS);
});

it("ends with its starter that is killed, and tells nobody who is not there", async () => {
	const script = `const { spawn } = require("node:child_process"); const child = spawn(process.execPath, ${JSON.stringify([MAIN, "--port", "0", "--", ...childCommand("stubborn")])}, { stdio: ["ignore", "inherit", "ignore", "ipc"] }); child.send({ secret: ${JSON.stringify(SECRET)} });`;
	const starter = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
	onTestFinished(() => void starter.kill("SIGKILL"));
	let output = "";
	starter.stdout.on("data", (chunk) => (output += chunk));
	const url = await waitFor("the program to listen", () => /^Bridge: (http:\S+)/m.exec(output)?.[1]);
	await TestPipe.open({ url });
	let all = await treeOf(starter.pid ?? 0);
	const count = () => all.filter(({ command }) => /stubborn\.mjs/.test(command) && !command.includes(MAIN)).length;
	while (count() < 2) all = await treeOf(starter.pid ?? 0);
	starter.kill("SIGKILL");
	await expectGone(all, END_MILLISECONDS);
});

it("is told on each pipe, also of a child that does not want to end", async () => {
	const program = await startProgram(childCommand("stubborn"));
	const pipes = [await TestPipe.open(program), await TestPipe.open(program)];
	await waitFor("the grandchildren", () => program.events("child_stderr").length === 2);
	program.process.kill("SIGTERM");
	await program.closed;
	for (const pipe of pipes) {
		await waitFor("the close", () => pipe.closed);
		expect(pipe.closed).toEqual({ code: CLOSE.childEnded, reason: expect.stringMatching(/ended/) });
	}
});

/** A child that says more on stderr than anybody reads. */
const LOUD = inline(
	`const line = "y".repeat(3000) + "\\n"; const write = () => { while (process.stderr.write(line)); }; process.stderr.on("drain", write); write(); setInterval(write, 10); process.stdin.resume();`,
);
const LOUD_BYTES = 300e6;
const LOUD_MILLISECONDS = 20_000;

it.runIf(process.platform === "linux")("a log that nobody reads fills no memory, and holds nothing up", async () => {
	const program = await startProgram(LOUD);
	program.process.stderr?.pause();
	await TestPipe.open(program);
	const own = program.process.pid ?? 0;
	const loud = await waitForChild(own);
	await waitForAsync("the child to be loud", async () => (await written(loud)) > LOUD_BYTES, LOUD_MILLISECONDS);
	expect((await fetch(`${program.url}/health`)).status).toBe(200);
	expect(await memoryOf(program.process)).toBeLessThan(200);
	const all = await treeOf(own);
	program.process.kill("SIGTERM");
	await expectGone(all, END_MILLISECONDS);
});

it("a log whose reader has gone costs no time, and a signal is heard", async () => {
	const words = [process.execPath, MAIN, "--port", "0", "--", ...inline("setInterval(() => console.error(1), 20)")];
	const env = { ...process.env, STDIO_PIPE_SECRET: SECRET };
	const program = spawn(words[0] ?? "", words.slice(1), { env, stdio: ["ignore", "pipe", "pipe"] });
	onTestFinished(() => void program.kill("SIGKILL"));
	let output = "";
	program.stdout.on("data", (chunk) => (output += chunk));
	const url = await waitFor("the program to listen", () => /^Bridge: (http:\S+)/m.exec(output)?.[1]);
	program.stderr.destroy();
	const pipe = await TestPipe.open({ url });
	await waitFor("the first frame", () => pipe.controls[0]);
	const all = await treeOf(program.pid ?? 0);
	const own = all.filter(({ pid }) => pid === program.pid);
	const before = await cpuSeconds(own);
	await delay(OBSERVED_MILLISECONDS);
	expect((await cpuSeconds(own)) - before).toBeLessThan(OBSERVED_MILLISECONDS / 2_000);
	program.kill("SIGTERM");
	await expectGone(all, END_MILLISECONDS);
});

async function written(pid: number): Promise<number> {
	return Number(/wchar: (\d+)/.exec(await readFile(`/proc/${pid}/io`, "utf8"))?.[1]);
}

async function waitForChild(program: number): Promise<number> {
	let found: number | undefined;
	await waitForAsync(
		"the child",
		async () => {
			found = (await treeOf(program)).find(
				({ command }) => command.includes("repeat(3000)") && !command.includes(MAIN),
			)?.pid;
			return found !== undefined;
		},
		LOUD_MILLISECONDS,
	);
	return found ?? 0;
}
