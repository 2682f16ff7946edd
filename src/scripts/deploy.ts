/**
 * `npm run deploy`: `wrangler deploy`, with the settings of `.production.vars`, and the container if STDIO_COMMAND is set. It
 * checks first that users can sign in afterwards. Flags go to `wrangler deploy`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildAssets } from "./assets.ts";
import { explainNoSignIn, findWrongSettings, providersOf } from "./deploy/check.ts";
import { type Flags, readFlags } from "./deploy/flags.ts";
import { type Plan, planDeployment } from "./deploy/plan.ts";
import { describeDeployed, readOrigin } from "./deploy/result.ts";
import { examine } from "./doctor/examine.ts";
import { describe } from "./doctor/report.ts";
import { ROOT, WRANGLER } from "./paths.ts";
import { Processes } from "./processes.ts";
import { hasConfigFlag, writeDeployment } from "./stdio/deployment.ts";
import { hasDocker } from "./stdio/docker.ts";
import { readContainerSettings } from "./stdio/settings.ts";
import { loadWorkerCode, type WorkerCode } from "./worker-code.ts";

const MODE_OF_SECRETS = 0o600;

const processes = new Processes();
try {
	await deploy(readFlags(process.argv.slice(2)));
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}

async function deploy(flags: Flags): Promise<void> {
	const forStdio = await stdioFlags(flags.forWrangler);
	const args = [WRANGLER, "deploy", ...forStdio, ...flags.forWrangler];
	if (flags.isQuestion) return void processes.run("wrangler deploy", process.execPath, args, ROOT);
	const [code, plan] = await Promise.all([loadWorkerCode(), planDeployment(flags)]);
	check(code, plan, flags);
	await buildAssets();
	const folder = mkdtempSync(join(tmpdir(), "deploy-"));
	process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
	process.env.WRANGLER_OUTPUT_FILE_PATH ??= join(folder, "output.ndjson");
	const isDeployed = await processes.run(
		"wrangler deploy",
		process.execPath,
		[...args, ...secretsFlag(plan, folder)],
		ROOT,
	);
	const origin = isDeployed && !flags.isDryRun ? readOrigin(process.env.WRANGLER_OUTPUT_FILE_PATH) : undefined;
	if (origin === undefined) return;
	console.log(describeDeployed(origin, providersOf(code, plan)));
	await examineDeployed(origin);
}

/** The first version of a Worker has its settings too if they come with it. JSON, in which Wrangler expands nothing. */
function secretsFlag({ upload }: Plan, folder: string): string[] {
	if (upload.size === 0) return [];
	const path = join(folder, "secrets.json");
	writeFileSync(path, JSON.stringify(Object.fromEntries(upload)), { mode: MODE_OF_SECRETS });
	return ["--secrets-file", path];
}

/** @throws Error if the server would not work, or if no user could sign in and no flag allows that */
function check(code: WorkerCode, plan: Plan, { isDryRun, allowsNoSignIn }: Flags): void {
	const isNew = (name: string) => name === plan.newKey;
	const names = [...plan.upload.keys()].map((name) => (isNew(name) ? `${name} (new, if the server has none)` : name));
	const verb = isDryRun ? "Would upload" : "Uploading";
	if (names.length > 0) console.log(`${verb} with the Worker (from ${plan.source}): ${names.join(", ")}`);
	const wrong = findWrongSettings(code, plan);
	if (wrong.length > 0) throw new Error(`Nothing was deployed:\n${wrong.map((line) => `  ${line}`).join("\n")}`);
	const noSignIn = explainNoSignIn(code, plan);
	if (noSignIn === undefined || allowsNoSignIn) return;
	if (plan.isComplete) {
		throw new Error(`Nothing was deployed: ${noSignIn}\nTo deploy all the same: npm run deploy -- --allow-no-sign-in`);
	}
	console.log(`Unless the deployed server has the keys of one: ${noSignIn}`);
}

/** Checks the deployed server as its clients would use it. It registers no client, since that would stay at the server. */
async function examineDeployed(origin: string): Promise<void> {
	const address = `${origin}/mcp`;
	console.log("\nChecking the server as its clients would use it:\n");
	const interrupted = new AbortController();
	process.once("SIGINT", () => interrupted.abort());
	const report = await examine(address, { noRegister: true, signal: interrupted.signal });
	if (!report.reached) {
		console.log(`It does not answer yet. A new address can take some minutes. Then run: npm run doctor -- ${address}`);
		return;
	}
	console.log(describe(report));
	if (report.counts.fault > 0) process.exitCode = 1;
}

async function stdioFlags(flags: readonly string[]): Promise<string[]> {
	const settings = readContainerSettings();
	if (!settings) return [];
	if (hasConfigFlag(flags)) {
		console.warn("--config is given: it is used as it is, without the container of STDIO_COMMAND.");
		return [];
	}
	console.log(`With the container of STDIO_COMMAND (${settings.source}), at most ${settings.maxInstances} at a time.`);
	const config = ["--config", await writeDeployment(settings)];
	// Wrangler builds the image even in a dry run.
	const isBuilt = !flags.some((flag) => flag.startsWith("--containers-rollout"));
	if (!flags.includes("--dry-run") || !isBuilt || (await hasDocker(processes.stopping))) return config;
	console.log("No Docker engine answers: this dry run leaves the image out.");
	return [...config, "--containers-rollout=none"];
}
