/** The end of the bridge, and of the children that do not want to end. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { expectGone, treeOf } from "../scripts/process-tree.ts";
import { childCommand, startBridge, waitFor } from "./bridge.ts";
import { INITIALIZE, send } from "./raw.ts";

const BRIDGE = join(import.meta.dirname, "../../src/stdio/image/bridge.ts");
const END_MILLISECONDS = 5_000;

/** A bridge and its children, with the process that has started it. */
async function startAll(command: readonly string[]) {
	const bridge = await startBridge({ command });
	const call = send(bridge.origin, INITIALIZE).catch(() => {});
	onTestFinished(async () => {
		await bridge.stop("SIGKILL");
		await call;
	});
	const { pid } = await bridge.event("child_start");
	if (command.join().includes("stubborn")) {
		await bridge.event("child_stderr", ({ line }) => String(line).startsWith("grandchild"));
	}
	const mine = (await treeOf(process.pid)).find(({ command }) => command.includes(BRIDGE));
	if (!mine) throw new Error("There is no bridge");
	return { bridge: mine, child: Number(pid), all: await treeOf(mine.pid) };
}

it.each(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const)("%s ends even stubborn children", async (signal) => {
	const { bridge, all } = await startAll(childCommand("stubborn"));
	expect(all.filter(({ command }) => /stubborn.ts/.test(command) && !command.includes(BRIDGE))).toHaveLength(2);
	process.kill(bridge.pid, signal);
	await expectGone(all, END_MILLISECONDS);
});

it.each(["SIGTERM", "SIGKILL"] as const)("%s ends a child that is stopped", async (signal) => {
	const { bridge, child, all } = await startAll(childCommand("stubborn"));
	process.kill(child, "SIGSTOP");
	process.kill(bridge.pid, signal);
	await expectGone(all, END_MILLISECONDS);
});

it("ends with the process that has started it", async () => {
	const words = [process.execPath, BRIDGE, "--port", "0", "--", ...childCommand("silent")];
	// As if no npm were about.
	const env = { ...process.env, npm_lifecycle_event: undefined };
	const starter = spawn("sh", ["-c", `"$@" & wait`, "sh", ...words], { env, stdio: ["ignore", "pipe", "ignore"] });
	let output = "";
	starter.stdout.on("data", (chunk) => (output += chunk));
	const origin = await waitFor("the bridge to listen", () => /^Bridge: (http:\S+)/m.exec(output)?.[1]);
	send(origin, INITIALIZE).catch(() => {});
	let all = await treeOf(starter.pid ?? 0);
	while (!all.some(({ command }) => command.includes("silent.ts") && !command.includes(BRIDGE))) {
		all = await treeOf(starter.pid ?? 0);
	}
	starter.kill("SIGKILL");
	await expectGone(all, END_MILLISECONDS);
});
