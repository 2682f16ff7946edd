/** Checks the accessibility of a page that a browser shows. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const axe = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @returns a line for each violation that axe-core finds */
export async function violationsOf(page: Page): Promise<string[]> {
	await page.evaluate(await axe);
	const results = (await page.evaluate("axe.run()")) as AxeResults;
	return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
