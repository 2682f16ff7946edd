/** The end of the program, and of the children that do not want to end. */
import { spawn } from "node:child_process";
import { expect, it, onTestFinished } from "vitest";
import { expectGone, treeOf } from "../scripts/process-tree.ts";
import { childCommand, waitFor } from "../stdio/processes.ts";
import { MAIN } from "../stdio/program.ts";
import { SECRET, startProgram, TestPipe } from "./pipes.ts";

const END_MILLISECONDS = 5_000;

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
	expect(all.filter(({ command }) => /stubborn.ts/.test(command) && !command.includes(MAIN))).toHaveLength(2);
	process.kill(program, signal);
	await expectGone(all, END_MILLISECONDS);
});

it.each(["SIGTERM", "SIGKILL"] as const)("%s ends a child that is stopped", async (signal) => {
	const { program, child, all } = await startAll(childCommand("stubborn"));
	process.kill(child, "SIGSTOP");
	process.kill(program, signal);
	await expectGone(all, END_MILLISECONDS);
});

it("ends with the process that has started it", async () => {
	const words = [process.execPath, MAIN, "--port", "0", "--", ...childCommand("silent")];
	// As if no npm were about.
	const env = { ...process.env, npm_lifecycle_event: undefined, STDIO_PIPE_SECRET: SECRET };
	const starter = spawn("sh", ["-c", `"$@" & wait`, "sh", ...words], { env, stdio: ["ignore", "pipe", "ignore"] });
	let output = "";
	starter.stdout.on("data", (chunk) => (output += chunk));
	const url = await waitFor("the program to listen", () => /^Bridge: (http:\S+)/m.exec(output)?.[1]);
	await TestPipe.open({ url } as Awaited<ReturnType<typeof startProgram>>);
	let all = await treeOf(starter.pid ?? 0);
	while (!all.some(({ command }) => command.includes("silent.ts") && !command.includes(MAIN))) {
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
	await TestPipe.open({ url } as Awaited<ReturnType<typeof startProgram>>);
	let all = await treeOf(starter.pid ?? 0);
	const count = () => all.filter(({ command }) => /stubborn.ts/.test(command) && !command.includes(MAIN)).length;
	while (count() < 2) all = await treeOf(starter.pid ?? 0);
	starter.kill("SIGKILL");
	await expectGone(all, END_MILLISECONDS);
});
