/** Under which licences the production dependencies come, as the lock files say it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** Licences that ask for no more than to be named, in SPDX's words. */
const ALLOWED = ["MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "BlueOak-1.0.0"];
/** Build tools that come as peers of peers, and reach neither the Worker nor the container. */
const BUILD_TOOLS: Readonly<Record<string, RegExp>> = {
	"MPL-2.0": /^lightningcss(-|$)/,
	"CC-BY-4.0": /^caniuse-lite$/,
};

type Entry = { license?: string; dev?: boolean; link?: boolean };

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** @param expression such as `(MIT OR GPL-3.0-only)` or `Apache-2.0 AND MIT` */
function isAllowed(expression: string): boolean {
	const choices = expression.replaceAll(/[()]/g, "").split(" OR ");
	return choices.some((choice) => choice.split(" AND ").every((licence) => ALLOWED.includes(licence)));
}

/** The dependencies whose licence is missing or not allowed, each with what to do about it. */
function problemsIn(packages: Readonly<Record<string, Entry>>): string[] {
	return Object.entries(packages).flatMap(([path, { license, dev }]) => {
		const name = path.split("node_modules/").at(-1) ?? "";
		if (path === "" || dev) return [];
		if (license === undefined)
			return [`${name} does not say its licence: read it, and replace the package or tell npm.`];
		if (isAllowed(license) || BUILD_TOOLS[license]?.test(name)) return [];
		return [`${name} has the licence ${license}: replace the package, or allow the licence in licences.test.ts.`];
	});
}

describe.each(["package-lock.json", "src/bridge/package-lock.json"])("%s", (path) => {
	const { packages } = JSON.parse(read(path)) as { packages: Record<string, Entry> };

	it("has production dependencies, all under licences that are allowed", () => {
		expect(Object.keys(packages).length).toBeGreaterThan(1);
		expect(problemsIn(packages)).toEqual([]);
	});
});

it.each<[string, Entry, boolean]>([
	["a licence that is allowed", { license: "MIT" }, true],
	["a choice with one that is allowed", { license: "(GPL-3.0-only OR MIT)" }, true],
	["two that are allowed", { license: "Apache-2.0 AND MIT" }, true],
	["no licence", {}, false],
	["a licence that is not allowed", { license: "GPL-3.0-only" }, false],
	["two of which one is not allowed", { license: "MIT AND LGPL-3.0-or-later" }, false],
	["a build tool's licence", { license: "MPL-2.0" }, false],
	["a licence that is not allowed, for development only", { license: "GPL-3.0-only", dev: true }, true],
])("a package with %s", (_what, entry, isFine) => {
	const problems = problemsIn({ "node_modules/a/node_modules/b": entry });
	expect(problems).toEqual(isFine ? [] : [expect.stringMatching(/^b (has the licence|does not say)/)]);
});

it("the repository says its own licence, in its text and for npm", () => {
	const { license } = JSON.parse(read("package.json")) as { license: string };
	expect(license).toBe("MIT");
	expect(read("LICENSE")).toMatch(/^MIT License\n\nCopyright \(c\) \d{4} /);
});
