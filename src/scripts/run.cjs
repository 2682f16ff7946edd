/**
 * Starts every script of package.json: `node src/scripts/run.cjs <a TypeScript file, or a package with a command> [arguments]`.
 * An incomplete installation ends it with one sentence. Plain CommonJS, which every version of Node.js reads.
 */
// Versions before 14.18 do not know the prefix `node:`.
const { existsSync, readFileSync } = require("fs");
const { createRequire, runMain } = require("module");
const { basename, join } = require("path");

const ROOT = join(__dirname, "../..");
/** These run on their own only through an executable for the platform, which is an optional package. */
const NATIVE_PACKAGES = ["esbuild", "workerd"];

/** @returns a package's package.json; undefined if there is none in the folder */
function readManifest(folder) {
	const path = join(folder, "package.json");
	return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}

/** @returns what is wrong with the installed packages and what to do about it; undefined if they are complete */
function findMissingPackage() {
	if (!existsSync(join(ROOT, "node_modules"))) return "The project's packages are not installed: run `npm ci` first.";
	const { dependencies, devDependencies } = readManifest(ROOT);
	for (const [name, range] of Object.entries(Object.assign({}, dependencies, devDependencies))) {
		const version = range.replace(/^npm:.*@/, "");
		const installed = readManifest(join(ROOT, "node_modules", name));
		if (!installed) return `The package ${name} is not installed: run \`npm ci\` first.`;
		if (/^\d/.test(version) && installed.version !== version) {
			return `This project needs ${name} ${version}, but ${installed.version} is installed: run \`npm ci\` first.`;
		}
	}
	const name = NATIVE_PACKAGES.find((name) => !hasExecutable(name));
	if (!name) return undefined;
	return (
		`The executable of ${name} for this platform (${process.platform} ${process.arch}) is not installed: ` +
		"run `npm ci` on this computer, without `--omit=optional`."
	);
}

/** @returns whether one of a package's optional packages is installed and made for this platform */
function hasExecutable(name) {
	// From Wrangler's place, because not every package manager puts what Wrangler needs beside it.
	const manifestPath = createRequire(join(ROOT, "node_modules/wrangler/package.json")).resolve(`${name}/package.json`);
	const require = createRequire(manifestPath);
	return Object.keys(require(manifestPath).optionalDependencies).some((optional) => {
		try {
			const { os, cpu } = require(`${optional}/package.json`);
			return os.includes(process.platform) && cpu.includes(process.arch);
		} catch (error) {
			if (error.code === "MODULE_NOT_FOUND") return false;
			throw error;
		}
	});
}

/** @returns why this Node.js cannot run the project and what to do about it; undefined if it can */
function findOldNode() {
	const { node } = process.versions;
	const [major, minor] = node.split(".").map(Number);
	// These run TypeScript without a flag.
	if (major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)) return undefined;
	return `This project needs Node.js 22.18 or newer, but this is Node.js ${node}: run \`npm ci\` with install scripts allowed, or install a newer one from https://nodejs.org.`;
}

/** @returns the file behind a package's command */
function findCommand(name) {
	const folder = join(ROOT, "node_modules", name);
	const { bin } = readManifest(folder);
	return join(folder, bin[basename(name)] || Object.values(bin)[0]);
}

const problem = findMissingPackage() || findOldNode();
if (problem) {
	console.error(problem);
	process.exitCode = 1;
} else {
	const target = process.argv[2];
	// What Wrangler generates and checks must not depend on the variables of the shell.
	if (target === "wrangler") process.env.CLOUDFLARE_INCLUDE_PROCESS_ENV = "false";
	process.argv.splice(1, 2, target.endsWith(".ts") ? join(ROOT, target) : findCommand(target));
	// As the main module and in this process: it gets signals and the terminal, and Wrangler's command does nothing otherwise.
	runMain();
}
