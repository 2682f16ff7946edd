/** A home folder for a client that keeps tokens there, and a browser that opens nothing. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { COMPILE_CACHE } from "../support/environment.ts";

/** The programs by which command-line tools open a page, on Linux and macOS. */
const OPENERS = ["xdg-open", "open", "gio", "x-www-browser", "sensible-browser"];

export type TemporaryHome = {
	readonly path: string;
	/** The whole environment of a client: no display, none of the developer's own settings. */
	readonly env: Record<string, string>;
	remove(): Promise<void>;
};

export async function makeTemporaryHome(): Promise<TemporaryHome> {
	const home = await mkdtemp(join(tmpdir(), "e2e-home-"));
	const bin = join(home, "bin");
	const browser = join(bin, "browser");
	await mkdir(bin);
	await writeFile(browser, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
	for (const opener of OPENERS) await symlink(browser, join(bin, opener));
	return {
		path: home,
		env: { HOME: home, PATH: [bin, process.env.PATH].join(delimiter), BROWSER: browser, ...COMPILE_CACHE },
		remove: () => rm(home, { recursive: true, force: true, maxRetries: 5 }),
	};
}
