/** The bridge as a process of its own, on a port that was free. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { waitFor } from "./processes.ts";

export const MAIN = join(import.meta.dirname, "../../src/bridge/main.ts");

type Variables = Readonly<Record<string, string>>;
type BridgeOptions = { command: readonly string[]; env: Variables; secret: string };
type RunningBridge = { readonly bridge: ChildProcess; readonly url: string; output(): string };

/** @throws Error with all that the bridge printed, if it ends instead of listening */
export async function spawnBridge({ command, env, secret }: BridgeOptions): Promise<RunningBridge> {
	const bridge = spawn(process.execPath, [MAIN, "--port", "0", "--", ...command], {
		env: { ...process.env, ...env },
		stdio: ["ignore", "pipe", "pipe", "ipc"],
	});
	let output = "";
	for (const stream of [bridge.stdout, bridge.stderr]) stream?.on("data", (chunk) => (output += chunk));
	// A test run that is broken off takes its bridges along.
	const kill = () => bridge.kill("SIGKILL");
	process.once("exit", kill);
	bridge.once("close", () => process.off("exit", kill));
	bridge.send({ secret });
	const url = await waitFor("the bridge to listen", () => {
		if (bridge.exitCode !== null) throw new Error(`The bridge ended:\n${output}`);
		return /^Bridge: (http:\S+)/m.exec(output)?.[1];
	});
	return { bridge, url, output: () => output };
}
