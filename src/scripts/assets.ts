/**
 * Fills the folder of the assets, before anything that needs it: the program of the playground, the views of tools, and
 * the picture for previews.
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { build, type OutputFile, type Plugin, stop } from "esbuild";
import { ROOT } from "./paths.ts";

const PLAYGROUND = join(ROOT, "src/playground/browser");
const VIEW_STYLE = join(ROOT, "src/browser/view.css");
/** A view's program is `<name>.view.ts`, beside its tool. */
const VIEW_SUFFIX = ".view.ts";
const PREVIEW = "preview.png";
/** `assets` of wrangler.jsonc. Git ignores it. A file in it has the path that the Worker serves it at. */
const ASSETS = join(ROOT, "dist/assets");

/** zod's messages in fifty languages would be the larger half of a view. Its default is English. */
const WITHOUT_LOCALES: Plugin = {
	name: "without-locales",
	setup({ onResolve, onLoad }) {
		onResolve({ filter: /\/locales\/index\.js$/ }, ({ path }) => ({ path, namespace: "without-locales" }));
		onLoad({ filter: /^/, namespace: "without-locales" }, () => ({ contents: "export {}" }));
	},
};

/** The bundler is a process of its own, which would run on beside a server, and outlive it if it is stopped (SIGSTOP). */
export const endBundler: () => Promise<void> = stop;

export async function buildAssets(): Promise<void> {
	const program = bundle({
		"playground/playground": join(PLAYGROUND, "app.ts"),
		"playground/style": join(PLAYGROUND, "style.css"),
	});
	const views = globSync(`src/**/*${VIEW_SUFFIX}`, { cwd: ROOT }).map(buildView);
	const files = [...(await program), ...(await Promise.all(views))];
	for (const { path, contents } of files) keep(path, contents);
	const preview = join(ROOT, "src", PREVIEW);
	if (existsSync(preview)) keep(join(ASSETS, PREVIEW), readFileSync(preview));
}

/** @param entryPoints files, by the path that their bundle has */
async function bundle(entryPoints: Readonly<Record<string, string>>): Promise<OutputFile[]> {
	const { outputFiles } = await build({
		entryPoints,
		outdir: ASSETS,
		plugins: [WITHOUT_LOCALES],
		bundle: true,
		format: "esm",
		platform: "browser",
		target: "es2022",
		minify: true,
		logLevel: "warning",
		write: false,
	});
	return outputFiles;
}

/** A view is one file (MCP Apps 2026-01-26, "UI Resource Format"). */
async function buildView(path: string) {
	const name = basename(path, VIEW_SUFFIX);
	const files = await bundle({ program: join(ROOT, path), style: VIEW_STYLE });
	const textOf = (end: string) => files.find((file) => file.path.endsWith(end))?.text ?? "";
	const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${name}</title>
<style>${textOf(".css")}</style>
</head>
<body>
<script type="module">${textOf(".js")}</script>
</body>
</html>
`;
	return { path: join(ASSETS, "views", `${name}.html`), contents: Buffer.from(page) };
}

/** Writes a file only if it changes, because each server that runs here reloads when one does. */
function keep(path: string, contents: Uint8Array): void {
	if (existsSync(path) && readFileSync(path).equals(contents)) return;
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, contents);
}
