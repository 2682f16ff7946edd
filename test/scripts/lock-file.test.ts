/** What `npm ci` installs, as the lock file says it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

type Entry = { version?: string; resolved?: string; integrity?: string; hasInstallScript?: boolean };

const ROOT = join(import.meta.dirname, "../..");
const read = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, name), "utf8"));
const { packages } = read("package-lock.json") as { packages: Record<string, Entry> };
const { allowScripts } = read("package.json") as { allowScripts: Record<string, boolean> };
const installed = Object.entries(packages)
	.filter(([path]) => path !== "")
	.map(([path, entry]) => ({ ...entry, name: path.split("node_modules/").at(-1) }));

it("each install script is allowed or refused by name, so that no npm stops or warns", () => {
	const names = installed.filter((entry) => entry.hasInstallScript).map(({ name }) => name);
	expect(names).not.toEqual([]);
	expect(Object.keys(allowScripts)).toEqual(expect.arrayContaining(names));
});

it.each(["workerd", "@cloudflare/workerd-linux-64", "wrangler", "miniflare", "esbuild"])("%s is there once", (name) => {
	expect(installed.filter((entry) => entry.name === name)).toHaveLength(1);
});

it("no package is tied to one registry", () => {
	expect(installed.filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});

it("each package has a checksum, for every platform", () => {
	expect(installed.filter(({ integrity }) => integrity === undefined).map(({ name }) => name)).toEqual([]);
});
