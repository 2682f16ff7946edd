/**
 * Versions that have to change together: an update of one of them alone fails here, with the name of the other.
 * test/bridge/image.test.ts compares those of the bridge, test/scripts/lock-file.test.ts counts copies.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

type Versions = Record<string, string>;
type Manifest = {
	dependencies?: Versions;
	devDependencies?: Versions;
	optionalDependencies?: Versions;
	peerDependencies?: Versions;
};
type Locked = Manifest & { name?: string; version?: string };

const ROOT = join(import.meta.dirname, "../..");
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const manifest: Manifest = JSON.parse(read("package.json"));
const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, Locked> };

/** What package.json pins, behind an alias the version of what it stands for. */
const PINS: Versions = Object.fromEntries(
	Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).map(([name, version]) => [
		name,
		version.replace(/^npm:.*@/, ""),
	]),
);

function locked(name: string): Locked {
	const entry = packages[`node_modules/${name}`];
	if (!entry) throw new Error(`${name} is not in the lock file`);
	return entry;
}

/** Where the lock file has a package, and in which version. */
function copiesOf(name: string): [path: string, version: string | undefined][] {
	return Object.entries(packages)
		.filter(([path]) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`))
		.map(([path, { version }]) => [path, version]);
}

/** What a package requires in one version only. */
function exactOf({ dependencies, peerDependencies }: Manifest): [name: string, version: string][] {
	return Object.entries({ ...dependencies, ...peerDependencies }).filter(([, version]) => EXACT.test(version));
}

it("every dependency is pinned to an exact version", () => {
	for (const [name, version] of Object.entries(PINS)) expect(version, name).toMatch(EXACT);
});

describe("the lock file has", () => {
	it.each(Object.entries(PINS))("%s at %s, as package.json pins it", (name, version) => {
		expect(locked(name).version).toBe(version);
	});
});

describe("what agents requires in one version only is pinned to it:", () => {
	const required = exactOf(locked("agents")).filter(([name]) => name in PINS);

	it.each(required)("%s %s", (name, version) => {
		expect(PINS[name]).toBe(version);
		expect(locked(name).version).toBe(version);
	});

	it("the SDKs are among them", () => {
		const sdks = ["client", "sdk", "server"].map((name) => `@modelcontextprotocol/${name}`);
		expect(required.map(([name]) => name)).toEqual(expect.arrayContaining(sdks));
	});
});

describe("Wrangler and Vitest's plugin agree on", () => {
	const wrangler = locked("wrangler");
	const plugin = locked("@cloudflare/vitest-pool-workers");

	it("Wrangler itself", () => {
		expect(plugin.dependencies?.wrangler).toBe(PINS.wrangler);
		expect(wrangler.version).toBe(PINS.wrangler);
	});

	it("miniflare and esbuild", () => {
		const own = exactOf(wrangler);
		const shared = exactOf(plugin).filter(([name]) => own.some(([other]) => other === name));
		expect(shared.map(([name]) => name).sort()).toEqual(["esbuild", "miniflare"]);
		for (const one of shared) expect(own).toContainEqual(one);
	});

	it("the workerd for each platform", () => {
		const { optionalDependencies = {}, version } = locked("workerd");
		expect(Object.keys(optionalDependencies)).not.toEqual([]);
		for (const name of Object.keys(optionalDependencies)) {
			expect(copiesOf(name)).toEqual([[`node_modules/${name}`, version]]);
		}
	});
});

it("Node.js has one version: for every platform, and in .node-version", () => {
	const versions = Object.entries(manifest.optionalDependencies ?? {}).filter(([name]) => name.startsWith("node-"));
	expect(versions.length).toBeGreaterThan(0);
	expect([...new Set(versions.map(([, version]) => version))]).toEqual([read(".node-version").trim()]);
});
