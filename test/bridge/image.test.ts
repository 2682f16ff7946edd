/** What the Dockerfile claims, as far as it can be checked without building it. */
import { readdirSync, readFileSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { expect, it } from "vitest";
import { readOptions } from "../../src/bridge/options.ts";
import { imagesOf, parseDockerfile } from "./dockerfile.ts";

const ROOT = join(import.meta.dirname, "../..");
const CONTEXT = join(ROOT, "src/bridge");

type Package = { dependencies?: Record<string, string>; optionalDependencies?: Record<string, string>; type?: string };
type Lock = { packages: Record<string, Package & { version?: string; integrity?: string; resolved?: string }> };

const dockerfile = readFileSync(join(CONTEXT, "Dockerfile"), "utf8");
const instructions = parseDockerfile(dockerfile);
const values = (name: string) => instructions.filter((one) => one.name === name).map(({ value }) => value);
const manifest: Package = JSON.parse(read(CONTEXT, "package.json"));
const lock: Lock = JSON.parse(read(CONTEXT, "package-lock.json"));
const rootManifest: Package = JSON.parse(read(ROOT, "package.json"));
const rootLock: Lock = JSON.parse(read(ROOT, "package-lock.json"));
const entryPoint: string[] = JSON.parse(values("ENTRYPOINT")[0] ?? "[]");

function read(...path: string[]): string {
	return readFileSync(join(...path), "utf8");
}

it("every image is pinned to an exact version", () => {
	const images = imagesOf(instructions);
	expect(images).toHaveLength(2);
	for (const image of images) expect(image).toMatch(/^[\w./-]+:\d+\.\d+\.\d+(-[\w.-]+)?$/);
	expect(dockerfile).not.toMatch(/latest/i);
});

it("Node.js is the version that the project runs on", () => {
	const versions = Object.entries(rootManifest.optionalDependencies ?? {}).filter(([name]) => name.startsWith("node-"));
	expect(versions.length).toBeGreaterThan(0);
	for (const [name, version] of versions) expect(imagesOf(instructions)[0], name).toBe(`node:${version}-bookworm-slim`);
});

it("runs as an unprivileged user, with a home to write to", () => {
	expect(values("USER")).toEqual(["node"]);
	expect(values("ENV")).toContain("HOME=/home/node");
	const after = instructions.slice(instructions.findIndex(({ name }) => name === "USER"));
	expect(after.map(({ name }) => name)).toEqual(expect.arrayContaining(["RUN", "EXPOSE", "ENTRYPOINT"]));
	// The caches are that user's: root fills none but its own, and cleans that.
	expect(after.some(({ value }) => /warm-up\.ts/.test(value))).toBe(true);
});

it("listens where the Worker calls", () => {
	const port = /\bPORT = (\d+)/.exec(read(ROOT, "src/stdio/container.ts"))?.[1];
	expect(values("EXPOSE")).toEqual([port]);
	expect(entryPoint.slice(-4)).toEqual(["--host", "0.0.0.0", "--port", port]);
});

it("leaves all places to its one user", () => {
	const { maxChildren } = readOptions(["node"], {}).limits;
	expect(values("ENV")).toContain(`STDIO_MAX_CHILDREN_PER_USER=${maxChildren}`);
});

it("takes the command from the build argument, and lets the Worker replace it", () => {
	expect(values("ARG")).toEqual(['STDIO_COMMAND=""']);
	expect(values("ENV")).toContain(`STDIO_COMMAND="\${STDIO_COMMAND}"`);
});

it("starts a program that is copied with everything it imports", () => {
	expect(entryPoint.slice(0, 4)).toEqual(["/usr/bin/tini", "--", "node", "/app/main.ts"]);
	expect(values("RUN").join()).toContain(" tini ");
	expect(values("WORKDIR")[0]).toBe("/app");
	const patterns = values("COPY")
		.filter((value) => !value.startsWith("--from") && value.endsWith(" ./"))
		.flatMap((value) => value.split(" ").slice(0, -1));
	const copied = readdirSync(CONTEXT).filter((file) => patterns.some((pattern) => matchesGlob(file, pattern)));
	expect(copied).toEqual(expect.arrayContaining(["package.json", "package-lock.json"]));
	for (const file of ["main.ts", "warm-up.ts"]) {
		for (const needed of importsOf(file).files) expect(copied).toContain(needed);
	}
	// Without it the files would be read as CommonJS.
	expect(manifest.type).toBe("module");
});

it("brings the packages that are imported, and no others", () => {
	const packages = ["main.ts", "warm-up.ts"].flatMap((file) => [...importsOf(file).packages]);
	expect(Object.keys(manifest.dependencies ?? {})).toEqual([...new Set(packages)].sort());
});

it("brings the versions that the tests run with", () => {
	// If not: change package.json in src/bridge, copy the project's package-lock.json there, and run
	// `npm install --package-lock-only` in that folder.
	expect(rootManifest.dependencies).toMatchObject(manifest.dependencies ?? {});
	expect(lock.packages[""]?.dependencies).toEqual(manifest.dependencies);
	const versions = Object.entries(lock.packages).filter(([path]) => path !== "");
	expect(versions.length).toBeGreaterThan(0);
	for (const [path, { version }] of versions) {
		expect(rootLock.packages[path]?.version, path).toBe(version);
	}
});

it("takes packages with a checksum, and from no place of its own", () => {
	const packages = Object.entries(lock.packages).filter(([path]) => path !== "");
	for (const [path, entry] of packages) {
		expect(entry.integrity, path).toMatch(/^sha512-/);
		expect(entry.resolved ?? "https://registry.npmjs.org/", path).toMatch(/^https:\/\/registry\.npmjs\.org\//);
	}
});

/** What a file of the image imports, and what those import. */
function importsOf(file: string, files = new Set([file]), packages = new Set<string>()) {
	for (const [, specifier = ""] of read(CONTEXT, file).matchAll(/from "([^"]+)"/g)) {
		if (specifier.startsWith("./")) {
			const path = specifier.slice(2);
			if (!files.has(path)) importsOf(path, files.add(path), packages);
		} else if (!specifier.startsWith("node:")) {
			packages.add(/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier);
		}
	}
	return { files, packages };
}
