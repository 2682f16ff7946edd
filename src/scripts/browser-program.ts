/** Builds the program that the playground runs in the browser, before anything that needs the folder of the assets. */
import { join } from "node:path";
import { buildSync } from "esbuild";
import { ROOT } from "./paths.ts";

const SOURCE = join(ROOT, "src/playground/browser");
/** `assets` of wrangler.jsonc. Git ignores it. A file in it has the path that the Worker serves it at. */
const ASSETS = join(ROOT, "dist/assets");

export function buildBrowserProgram(): void {
	buildSync({
		entryPoints: { playground: join(SOURCE, "app.ts"), style: join(SOURCE, "style.css") },
		outdir: join(ASSETS, "playground"),
		bundle: true,
		format: "esm",
		platform: "browser",
		target: "es2022",
		minify: true,
		logLevel: "warning",
	});
}
