/** What the documentation says of tests is true: the files that it names exist, and have the tests that it quotes. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const filesOf = (pattern: string) => globSync(pattern, { cwd: ROOT }).sort();

/** Pages that quote tests: each quotation after the name of a test file is the name of a test in it. */
const QUOTING = ["SECURITY.md", "docs/security.md", "docs/attacks.md"];
/** The README has a reader write a test. */
const PAGES = ["AGENTS.md", "SECURITY.md", ...filesOf("docs/**/*.md"), ...filesOf(".github/*.md")];

/** A fork that has removed the demo has removed its tests, too: docs/make-it-yours.md. */
const isOfDemo = (path: string) => /^test\/(notes|tools|e2e)\//.test(path) && !existsSync(join(ROOT, "src/notes"));

/** An entry of a list, a row of a table, or a paragraph, on one line. */
function paragraphsOf(page: string): string[] {
	const paragraphs = read(page).split(/\n\s*\n|\n(?=\s*- )|(?<=\|)\n(?=\|)/);
	return paragraphs.map((paragraph) => paragraph.replaceAll(/\s+/g, " ").trim());
}

type Quotation = { readonly page: string; readonly file: string; readonly name: string };

function quotationsIn(page: string): Quotation[] {
	return paragraphsOf(page).flatMap((paragraph) => {
		let file: string | undefined;
		return [...paragraph.matchAll(/`(test\/[^`]+\.test\.ts)`|“([^”]+)”/g)].flatMap(([, named, name]) => {
			file = named ?? file;
			return name !== undefined && file !== undefined ? [{ page, file, name }] : [];
		});
	});
}

/** The titles in a test file, each behind those of what it is in. Biome's indentation says what that is. */
function titlesIn(source: string): string[][] {
	const titles: string[][] = [];
	const around: string[] = [];
	// A line that begins a test or a group of tests. After it, perhaps behind a table of cases, comes the title.
	for (const { index, 1: tabs = "" } of source.matchAll(/^(\t*)(?:describe|it)\b(?=[.(<])/gm)) {
		const [, title] = /^\t*\w+(?:\.\w+|\([^()]*\))*?\(\s*"((?:[^"\\]|\\.)*)"/.exec(source.slice(index)) ??
			/\)\(\s*["`]((?:[^"`\\]|\\.)*)["`]/.exec(source.slice(index)) ?? [undefined, ""];
		around.length = Math.min(around.length, tabs.length);
		around[tabs.length] = title ?? "";
		titles.push(around.filter((one) => one !== undefined));
	}
	return titles;
}

/** What stands in a title for a case of its table; a quotation may leave it out at the beginning and at the end. */
const CASE = /%[sdijo#]|\$\{[^}]*\}|\$[a-z]\w*/i;
const CASES_AROUND = new RegExp(`^(?:(?:${CASE.source})[^\\w%$]*)+|(?:[^\\w%$]*(?:${CASE.source})\\W*)+$`, "gi");

/** Whether a file has a test, or a group of tests, of this name: alone, or behind the titles of what it is in. */
function hasTest(file: string, name: string): boolean {
	const names = titlesIn(read(file)).flatMap((titles) => titles.map((_, first) => titles.slice(first).join(" ")));
	return names.flatMap((title) => [title, title.replaceAll(CASES_AROUND, "")]).some((title) => fits(name, title));
}

function fits(name: string, title: string): boolean {
	const parts = title.replaceAll('\\"', '"').split(CASE);
	const pattern = parts.map((part) => part.replaceAll(/[^\w\s]/g, "\\$&")).join(".+");
	return /\w/.test(parts.join("")) && new RegExp(`^${pattern}$`).test(name);
}

it.each(PAGES)("%s names test files that exist", (page) => {
	const named = [...read(page).matchAll(/`(test\/[\w/.-]+)`/g)].flatMap(([, path]) => path ?? []);
	expect(named.filter((path) => !isOfDemo(path) && !existsSync(join(ROOT, path)))).toEqual([]);
});

it.each(QUOTING)("%s quotes tests that exist", (page) => {
	const quoted = quotationsIn(page).filter(({ file }) => !isOfDemo(file));
	expect(quoted.filter(({ file, name }) => !hasTest(file, name))).toEqual([]);
});

describe("the table of attacks", () => {
	const rows = paragraphsOf("docs/attacks.md").filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));

	it("has in each row a test, or the word that there is none", () => {
		const body = rows.filter((row) => !row.includes("| Shown by"));
		expect(body.length).toBeGreaterThan(0);
		expect(body.filter((row) => !/`test\/[^`]+`|No test:/.test(row))).toEqual([]);
	});

	it("names every test that is named after an attack", () => {
		const text = rows.join("\n");
		const files = filesOf("test/attacks/*.test.ts");
		expect(files).not.toEqual([]);
		expect(files.filter((file) => !text.includes(`\`${file}\``))).toEqual([]);
	});
});

it("a quotation is compared with whole titles", () => {
	const file = "test/scripts/documented-tests.test.ts";
	expect(hasTest(file, "a quotation is compared with whole titles")).toBe(true);
	expect(hasTest(file, "the table of attacks has in each row a test, or the word that there is none")).toBe(true);
	expect(hasTest(file, "README.md quotes tests that exist")).toBe(true);
	expect(hasTest(file, "a quotation is compared")).toBe(false);
	expect(hasTest(file, "quotes tests that exist")).toBe(true);
	expect(hasTest(file, "the table of attacks a quotation is compared with whole titles")).toBe(false);
});
