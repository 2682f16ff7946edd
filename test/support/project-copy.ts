/** A copy of the project in a folder of its own, for commands that write to the project's folder or call Wrangler. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const COPIED = ["src", "package.json", "wrangler.jsonc", "tsconfig.json", "docs/settings.env"];

export type Ended = { readonly code: number | null; readonly output: string };
type Options = { readonly env?: Readonly<Record<string, string>>; readonly input?: string };

export class ProjectCopy {
	readonly folder = mkdtempSync(join(tmpdir(), "project-"));

	/** @param wrangler the program of a stand-in for Wrangler; the real one if left out */
	constructor(wrangler?: string) {
		for (const path of COPIED) cpSync(join(ROOT, path), join(this.folder, path), { recursive: true });
		mkdirSync(join(this.folder, "node_modules"));
		for (const name of readdirSync(join(ROOT, "node_modules"))) {
			if (name === "wrangler" && wrangler !== undefined) continue;
			symlinkSync(join(ROOT, "node_modules", name), join(this.folder, "node_modules", name));
		}
		if (wrangler === undefined) return;
		const real = join(ROOT, "node_modules/wrangler");
		this.write("node_modules/wrangler/bin/wrangler.js", wrangler);
		// What is imported of it is the real one.
		for (const name of readdirSync(real).filter((one) => one !== "bin" && one !== "package.json")) {
			symlinkSync(join(real, name), join(this.folder, "node_modules/wrangler", name));
		}
		this.write("node_modules/wrangler/package.json", readFileSync(join(real, "package.json"), "utf8"));
	}

	write(path: string, text: string): void {
		mkdirSync(dirname(join(this.folder, path)), { recursive: true });
		writeFileSync(join(this.folder, path), text);
	}

	read(path: string): string {
		return readFileSync(join(this.folder, path), "utf8");
	}

	/** Starts what `npm run <script> -- <args>` runs. */
	start(script: string, args: readonly string[], { env, input }: Options = {}) {
		const { scripts } = JSON.parse(this.read("package.json")) as { scripts: Record<string, string> };
		const words = (scripts[script] ?? "").split(" ").slice(1);
		const child = spawn(process.execPath, [...words, ...args], { cwd: this.folder, env: { ...process.env, ...env } });
		if (input !== undefined) child.stdin.end(input);
		let output = "";
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
		const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, output })));
		return { child, ended, output: () => output };
	}

	/** Runs it to its end. */
	run(script: string, args: readonly string[], options: Options = {}): Promise<Ended> {
		return this.start(script, args, { input: "", ...options }).ended;
	}

	remove(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}
