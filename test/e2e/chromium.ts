/** A headless Chromium: the one inside an npm package on Linux, an installed one elsewhere. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packagedChromium from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";

const INSTALLED = [
	"/usr/bin/chromium",
	"/usr/bin/chromium-browser",
	"/usr/bin/google-chrome",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** No sandbox, since it needs a user other than root; no requests of the browser's own. */
const FLAGS = [
	"--no-sandbox",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
	"--no-first-run",
];

export type RunningChromium = { readonly browser: Browser; close(): Promise<void> };

/**
 * Starts CHROME_PATH if that is set, the packaged Chromium on x64 Linux, an installed one elsewhere.
 *
 * @throws Error that says what to install, if there is none
 */
export async function startChromium(): Promise<RunningChromium> {
	const folder = await mkdtemp(join(tmpdir(), "e2e-chromium-"));
	const removeFolder = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
	try {
		const executablePath = await findExecutable(folder);
		const browser = await chromium.launch({ executablePath, args: FLAGS, env: await environment(folder) });
		return {
			browser,
			async close() {
				await browser.close();
				await removeFolder();
			},
		};
	} catch (error) {
		await removeFolder();
		throw error;
	}
}

async function findExecutable(folder: string): Promise<string> {
	const chosen = process.env.CHROME_PATH;
	if (chosen) return chosen;
	if (process.platform === "linux" && process.arch === "x64") return unpack(folder);
	const found = INSTALLED.find((path) => existsSync(path));
	if (!found) throw new Error("No Chromium here: install Chrome, or set CHROME_PATH to a Chromium or Chrome program.");
	return found;
}

/** The package unpacks to the folder for temporary files, and would trust whatever an earlier run left there. */
async function unpack(folder: string): Promise<string> {
	const { TMPDIR } = process.env;
	process.env.TMPDIR = folder;
	try {
		return await packagedChromium.executablePath();
	} finally {
		if (TMPDIR === undefined) delete process.env.TMPDIR;
		else process.env.TMPDIR = TMPDIR;
	}
}

/** A machine without fonts, such as a slim container, gets the package's. */
async function environment(folder: string): Promise<Record<string, string>> {
	const env: Record<string, string> = { HOME: folder, TMPDIR: folder };
	if (process.platform !== "linux" || existsSync("/etc/fonts/fonts.conf")) return env;
	const configuration = join(folder, "fonts.conf");
	const folders = [join(folder, "fonts"), "/usr/share/fonts"].map((path) => `<dir>${path}</dir>`);
	await writeFile(
		configuration,
		`<fontconfig>${folders.join("")}<cachedir>${folder}/font-cache</cachedir></fontconfig>`,
	);
	return { ...env, FONTCONFIG_FILE: configuration };
}
