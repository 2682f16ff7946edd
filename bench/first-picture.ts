/**
 * Counts the time of a beginner, from `npm ci` to a picture in the playground, in a fresh clone of the last commit:
 * `npm run bench:first-picture`. First with an empty npm cache, then with the cache that this has filled.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningChromium, startChromium } from "../test/e2e/chromium.ts";
import { PlaygroundPage } from "../test/e2e/playground-page.ts";
import { type RunningServer, startServer } from "../test/e2e/server.ts";
import { printTable } from "./table.ts";

const ROOT = join(import.meta.dirname, "..");
const CACHES = ["empty npm cache", "filled npm cache"];

type Times = Record<string, number>;

const folder = mkdtempSync(join(tmpdir(), "first-picture-"));
// What the browser and the server keep goes with it.
process.env.TMPDIR = folder;
process.env.npm_config_cache = join(folder, "npm-cache");

let chromium: RunningChromium | undefined;
let server: Promise<RunningServer> | undefined;
const stopping = new AbortController();

for (const signal of ["SIGINT", "SIGTERM"]) {
	process.once(signal, () => {
		stopping.abort();
		void cleanUp().finally(() => process.exit(1));
	});
}

try {
	// A beginner has a browser already. Its driver would end this process at a signal, before it has cleaned up.
	chromium = await startChromium(folder, { handleSIGINT: false, handleSIGTERM: false });
	const rounds: Times[] = [];
	for (const name of CACHES) {
		console.error(`Measuring: ${name}`);
		rounds.push(await measure(join(folder, name.replaceAll(" ", "-")), chromium));
	}
	print(rounds);
} catch (error) {
	// What a signal interrupts fails.
	if (!stopping.signal.aborted) throw error;
} finally {
	await cleanUp();
}

async function cleanUp(): Promise<void> {
	await (await server)?.stop();
	await chromium?.close();
	rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

async function measure(clone: string, { browser }: RunningChromium): Promise<Times> {
	await run("git", ["clone", "--quiet", ROOT, clone], ROOT);
	const times: Times = {};
	let last = performance.now();
	const count = (step: string) => {
		const now = performance.now();
		times[step] = now - last;
		last = now;
	};

	await run("npm", ["ci"], clone);
	count("`npm ci`");
	server = startServer({ root: clone });
	const { origin } = await server;
	count("`npm start`, until the server answers");
	const page = await browser.newPage();
	await page.goto(`${origin}/playground`);
	const playground = new PlaygroundPage(page);
	await playground.signInButton.waitFor();
	count("open `/playground`");
	await playground.signIn();
	count("_Sign in_, _Allow_, email and password");
	const card = playground.card("generateImage");
	await card.fill({ prompt: "a lighthouse" });
	await card.start();
	await card.answer.frameLocator("iframe").getByRole("img").waitFor();
	count("`generateImage`, until the picture is visible");

	await page.context().close();
	await (await server).stop();
	server = undefined;
	// The next round must not wait for what this one still has to write.
	rmSync(clone, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
	if (process.platform !== "win32") await run("sync", [], ROOT);
	return times;
}

async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
	const child = spawn(command, args, { cwd, stdio: ["ignore", "ignore", "inherit"], signal: stopping.signal });
	const [code] = await once(child, "close");
	if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed`);
}

function print(rounds: readonly Times[]): void {
	const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
	const steps = Object.keys(rounds[0] ?? {});
	const rows = steps.map((step) => [step, ...rounds.map((times) => seconds(times[step] ?? 0))]);
	const total = rounds.map((times) => seconds(Object.values(times).reduce((sum, time) => sum + time, 0)));
	printTable([["", ...CACHES], ...rows, ["total", ...total]]);
}
