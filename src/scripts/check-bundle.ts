/** `npm run check:bundle`: builds the bundle without an account, and checks that its size is within the budget. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildAssets } from "./assets.ts";
import { ROOT, WRANGLER } from "./paths.ts";

/** Compressed. Cloudflare's free plan allows 3 MiB, but a larger bundle also makes each cold start slower. */
const BUDGET_KIB = 850;

await buildAssets();
const args = [WRANGLER, "deploy", "--dry-run", "--outdir", "dist"];
const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);
const kib = gzipSync(readFileSync(join(ROOT, "dist/index.js"))).length / 1024;
const sentence = `The bundle weighs ${kib.toFixed(0)} KiB compressed, of a budget of ${BUDGET_KIB} KiB (src/scripts/check-bundle.ts).`;
if (kib <= BUDGET_KIB) {
	console.log(sentence);
} else {
	console.error(`${sentence} Leave something out, or raise the budget in the same commit.`);
	process.exitCode = 1;
}
