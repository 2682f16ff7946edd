/** Checks the accessibility of a page that a browser shows. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Frame, Page } from "playwright-core";

const axe = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Of its rules, the one that colours decide. */
const COLOURS = "color-contrast";

/**
 * @param isRecoloured whether axe-core has seen the page, which differs in its colours only
 * @returns a line for each violation that axe-core finds; the frames of a page are pages of their own
 */
export async function violationsOf(page: Page | Frame, isRecoloured = false): Promise<string[]> {
	if (!(await page.evaluate("'axe' in window"))) await page.evaluate(await axe);
	const options = { iframes: false, ...(isRecoloured && { runOnly: [COLOURS] }) };
	const results = (await page.evaluate(`axe.run(${JSON.stringify(options)})`)) as AxeResults;
	return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
