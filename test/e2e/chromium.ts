/** A headless Chromium: the one inside an npm package on Linux, an installed one elsewhere. */
import { existsSync } from "node:fs";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import packagedChromium from "@sparticuz/chromium";
import { type Browser, chromium, type LaunchOptions } from "playwright-core";
import { inject } from "vitest";

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
 * @param shared where the packaged one is unpacked; the folder of the test run, if left out
 * @throws Error that says what to install, if there is none
 */
export async function startChromium(shared = inject("folder"), options: LaunchOptions = {}): Promise<RunningChromium> {
	const folder = await mkdtemp(join(tmpdir(), "e2e-chromium-"));
	const removeFolder = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
	try {
		const executablePath = await findExecutable(shared);
		const browser = await chromium.launch({
			...options,
			executablePath,
			args: FLAGS,
			env: await environment(folder, dirname(executablePath)),
		});
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

async function findExecutable(shared: string): Promise<string> {
	const chosen = process.env.CHROME_PATH;
	if (chosen) return chosen;
	if (process.platform === "linux" && process.arch === "x64") return join(await unpack(shared), "chromium");
	const found = INSTALLED.find((path) => existsSync(path));
	if (!found) throw new Error("No Chromium here: install Chrome, or set CHROME_PATH to a Chromium or Chrome program.");
	return found;
}

/**
 * Unpacking takes seconds: once for all files of a test run, but not what an earlier run left, which may be anyone's.
 *
 * @returns the folder with the program, and what it needs beside it
 */
async function unpack(shared: string): Promise<string> {
	const unpacked = join(shared, "chromium");
	if (existsSync(unpacked)) return unpacked;
	const folder = await mkdtemp(join(shared, "unpacking-"));
	const { TMPDIR } = process.env;
	// The package unpacks to the folder for temporary files.
	process.env.TMPDIR = folder;
	try {
		await packagedChromium.executablePath();
	} finally {
		if (TMPDIR === undefined) delete process.env.TMPDIR;
		else process.env.TMPDIR = TMPDIR;
	}
	// In one step, so that no other file finds a half of it; one that was faster has the same.
	await rename(folder, unpacked).catch((error) => {
		if (!existsSync(unpacked)) throw error;
	});
	return unpacked;
}

/** A machine without fonts, such as a slim container, gets the package's. */
async function environment(folder: string, unpacked: string): Promise<Record<string, string>> {
	const env: Record<string, string> = { HOME: folder, TMPDIR: folder };
	if (process.platform !== "linux" || existsSync("/etc/fonts/fonts.conf")) return env;
	const configuration = join(folder, "fonts.conf");
	const folders = [join(unpacked, "fonts"), "/usr/share/fonts"].map((path) => `<dir>${path}</dir>`);
	await writeFile(
		configuration,
		`<fontconfig>${folders.join("")}<cachedir>${folder}/font-cache</cachedir></fontconfig>`,
	);
	return { ...env, FONTCONFIG_FILE: configuration };
}
