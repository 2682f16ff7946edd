/**
 * `npm run fuzz`: runs the fuzz tests with many inputs that nobody tried before. FUZZ_RUNS says how many each test tries, and
 * FUZZ_SEED repeats a run.
 */
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { ROOT } from "./paths.ts";

/** Takes some minutes. */
const RUNS = "3000";
const TIMEOUT_MILLISECONDS = "1800000";
const MAX_SEED = 2 ** 31;

const { FUZZ_RUNS = RUNS, FUZZ_SEED = String(randomInt(MAX_SEED)) } = process.env;
console.log(
	`Trying ${FUZZ_RUNS} inputs a test. To repeat this run: FUZZ_SEED=${FUZZ_SEED} FUZZ_RUNS=${FUZZ_RUNS} npm run fuzz`,
);
const tests = ["--project", "engine", "--project", "stdio", "test/fuzz", "test/stdio/fuzz"];
const args = ["vitest", "run", ...tests, "--testTimeout", TIMEOUT_MILLISECONDS];
const { status } = spawnSync(process.execPath, [join(ROOT, "src/scripts/run.cjs"), ...args], {
	cwd: ROOT,
	stdio: "inherit",
	env: { ...process.env, FUZZ_RUNS, FUZZ_SEED },
});
process.exitCode = status ?? 1;
