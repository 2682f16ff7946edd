/** Links between the pages of the documentation lead to what there is: a file, and a heading in it. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PAGES = ["*.md", "docs/**/*.md", ".github/*.md"].flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort();
const textOf = (page: string) => readFileSync(join(ROOT, page), "utf8").replaceAll(/^```.*?^```/gms, "");

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
	const headings = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
	const words = headings.map((heading) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, ""));
	return words.map((heading) => heading.trim().replaceAll(" ", "-"));
}

function isBroken(page: string, link: string): boolean {
	const [path = "", anchor] = link.split("#");
	const target = path === "" ? page : relative(ROOT, join(ROOT, dirname(page), path));
	if (!existsSync(join(ROOT, target))) return true;
	return anchor !== undefined && !anchorsOf(target).includes(anchor);
}

it.each(PAGES)("%s links to files and headings that exist", (page) => {
	const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => link ?? []);
	const own = links.filter((link) => !/^[a-z]+:/.test(link));
	expect(own.filter((link) => isBroken(page, link))).toEqual([]);
});

it("a link to what does not exist is broken", () => {
	expect(isBroken("README.md", "docs/security.md#known-limits")).toBe(false);
	expect(isBroken("docs/security.md", "#known-limits")).toBe(false);
	expect(isBroken("README.md", "docs/security.md#unknown-limits")).toBe(true);
	expect(isBroken("README.md", "security.md")).toBe(true);
});
