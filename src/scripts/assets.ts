/** Fills the folder of the assets, before anything that needs it: the program of the playground, and the picture for previews. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildSync, stop } from "esbuild";
import { ROOT } from "./paths.ts";

const SOURCE = join(ROOT, "src/playground/browser");
const PREVIEW = "preview.png";
/** `assets` of wrangler.jsonc. Git ignores it. A file in it has the path that the Worker serves it at. */
const ASSETS = join(ROOT, "dist/assets");

export function buildAssets(): void {
	const { outputFiles } = buildSync({
		entryPoints: { playground: join(SOURCE, "app.ts"), style: join(SOURCE, "style.css") },
		outdir: join(ASSETS, "playground"),
		bundle: true,
		format: "esm",
		platform: "browser",
		target: "es2022",
		minify: true,
		logLevel: "warning",
		write: false,
	});
	// Its service would run on beside the server, and outlive it if it is stopped (SIGSTOP).
	void stop();
	for (const { path, contents } of outputFiles) keep(path, contents);
	const preview = join(ROOT, "src", PREVIEW);
	if (existsSync(preview)) keep(join(ASSETS, PREVIEW), readFileSync(preview));
}

/** Writes a file only if it changes, because each server that runs here reloads when one does. */
function keep(path: string, contents: Uint8Array): void {
	if (existsSync(path) && readFileSync(path).equals(contents)) return;
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, contents);
}
