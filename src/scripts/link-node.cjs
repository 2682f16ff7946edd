/**
 * Runs after npm has changed node_modules. npm 10 removes node_modules/.bin/node, the Node.js of this platform, together with
 * the packages for other platforms, which have a command of the same name: this puts it back.
 */
const { existsSync, linkSync, readFileSync, symlinkSync } = require("fs");
const { basename, join, relative } = require("path");

const ROOT = join(__dirname, "../..");
const COMMANDS = join(ROOT, "node_modules/.bin");

/** @returns where the Node.js that npm installed for this platform is; undefined if there is none */
function findExecutable() {
	const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
	for (const name of Object.keys(optionalDependencies)) {
		const folder = join(ROOT, "node_modules", name);
		if (!existsSync(join(folder, "package.json"))) continue;
		const { os, cpu, bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
		if (os.includes(process.platform) && cpu.includes(process.arch)) return join(folder, bin.node);
	}
}

const executable = findExecutable();
const isLinked = ["node", "node.cmd", "node.exe"].some((name) => existsSync(join(COMMANDS, name)));
if (executable && !isLinked) {
	const link = join(COMMANDS, basename(executable));
	// Windows lets only administrators make symbolic links.
	if (process.platform === "win32") linkSync(executable, link);
	else symlinkSync(relative(COMMANDS, executable), link);
}
