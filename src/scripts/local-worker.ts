/** Runs the Worker on this computer with `wrangler dev`, and prints a greeting when it responds. */
import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { AS_GROUP } from "../bridge/process-group.ts";
import { greeting } from "./greeting.ts";
import { WRANGLER } from "./paths.ts";
import { hasConfigFlag } from "./stdio/deployment.ts";
import { flagValue, REMOTE_AI } from "./wrangler-flags.ts";
import { WranglerOutput } from "./wrangler-output.ts";

const SETTLE_MILLISECONDS = 250;

/**
 * Needs the assets: see `buildAssets`.
 *
 * @param flags for `wrangler dev`; `--remote-ai` uses the real Workers AI of the account that is logged in
 * @param hasOwnConfig whether the user gave another configuration file, which may have settings that ours lacks
 */
export function startWorker(flags: readonly string[], hasOwnConfig = hasConfigFlag(flags)): ChildProcess {
	const own = flags.includes(REMOTE_AI) ? [] : ["--local"];
	// Wrangler's default, 9229 or the next free port, fails if two servers start at the same time.
	if (flagValue(flags, "inspector-port") === undefined && !hasOwnConfig) own.push("--inspector-port", "0");
	const isInteractive = flagValue(flags, "show-interactive-dev-session") === "";
	const output = isInteractive ? "inherit" : "pipe";
	const child = fork(WRANGLER, ["dev", ...own, ...flags.filter((flag) => flag !== REMOTE_AI)], {
		...AS_GROUP,
		stdio: [isInteractive ? "inherit" : "ignore", output, output, "ipc"],
		env: {
			...(process.stdout.isTTY && process.env.NO_COLOR === undefined && { FORCE_COLOR: "1" }),
			...process.env,
			// Avoid questions, and look-ups that need a network.
			CLOUDFLARE_CF_FETCH_ENABLED: "false",
			WRANGLER_SEND_METRICS: "false",
		},
	});
	const { stdout, stderr } = child;
	const isShort = flagValue(flags, "log-level") === undefined && process.env.WRANGLER_LOG === undefined;
	const reader = stdout && stderr ? new WranglerOutput({ stdout, stderr }, flags, isShort) : undefined;
	child.on("message", async (message) => {
		const { event, ip, port } = JSON.parse(String(message)) as { event?: string; ip?: string; port?: number };
		if (event !== "DEV_SERVER_READY") return;
		reader?.ready();
		const isSecure = flagValue(flags, "local-protocol") === "https";
		const text = await greeting(`${isSecure ? "https" : "http"}://${ip}:${port}`);
		// Print the greeting below the Worker's first log lines.
		await delay(SETTLE_MILLISECONDS);
		if (text !== undefined) console.log(text);
	});
	child.on("close", () => {
		const failure = reader?.failure();
		if (failure !== undefined) console.error(failure);
	});
	return child;
}
