/** The README's first steps with the MCP Inspector, on its own web page in a real browser. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { readText } from "../support/person.ts";
import { type RunningChromium, startChromium } from "./chromium.ts";
import { connect, execute, openApp, openTools, startInspectorServer } from "./inspector-page.ts";
import { makeTemporaryHome } from "./temporary-home.ts";
import { ALL_TOOLS, ANYONES_TOOLS } from "./tool-client.ts";

const PAGE_MILLISECONDS = 30_000;

const origin = inject("origin");
/** The command with which `npm start` tells a user to open the Inspector. */
const command = /npx @modelcontextprotocol\/inspector\b.*/.exec(inject("greeting"))?.[0].trim() ?? "";
let chromium: RunningChromium;
/** What to undo after a test, last first. */
const undo: (() => Promise<void>)[] = [];

beforeAll(async () => {
	chromium = await startChromium();
	return () => chromium.close();
});

afterEach(async () => {
	for (const step of undo.splice(0).reverse()) await step();
});

/** Starts the Inspector, and opens its page in a browser with nothing in it. */
async function openInspector(inspectorCommand: string): Promise<Page> {
	const home = await makeTemporaryHome();
	undo.push(home.remove);
	const inspector = await startInspectorServer(inspectorCommand, home);
	undo.push(inspector.stop);
	const context = await chromium.browser.newContext();
	undo.push(() => context.close());
	context.setDefaultTimeout(PAGE_MILLISECONDS);
	const page = await context.newPage();
	await page.goto(inspector.url);
	return page;
}

it("the README and the home page show the Inspector's command that npm start prints", async () => {
	const home = await (await fetch(origin)).text();
	expect(readText(home)).toContain(command);
	expect(command).toContain(origin);
	const readme = await readFile(join(import.meta.dirname, "../../README.md"), "utf8");
	expect(readme.includes(command.replace(origin, "http://localhost:8788"))).toBe(true);
});

const CONNECTIONS = [
	{ name: "as npm start prints it", change: (printed: string) => printed, version: "2025-11-25", mayDraw: true },
	{
		name: "with --protocol-era modern",
		change: (printed: string) => `${printed} --protocol-era modern`,
		version: "2026-07-28",
		mayDraw: true,
	},
	{
		name: "with --transport sse",
		change: (printed: string) => printed.replace("--transport http", "--transport sse").replace("/mcp", "/sse"),
		version: "2025-11-25",
		mayDraw: false,
	},
];

it("the Inspector shows an image on its view, and the view makes a variation", async () => {
	const page = await openInspector(command);
	await connect(page, { email: "bob@example.com", permissions: ["image_generation"] });
	const view = await openApp(page, "Generate an image", { Prompt: "a lighthouse" });
	const image = view.getByRole("img", { name: "a lighthouse" });
	await image.waitFor();
	const pixels = () => view.getByRole("img").evaluate((canvas: { toDataURL(): string }) => canvas.toDataURL());
	const before = await pixels();
	await view.getByLabel("Prompt").fill("a boat");
	await view.getByRole("button", { name: "Make a variation" }).click();
	await view.getByRole("img", { name: "a boat" }).waitFor();
	expect(await pixels()).not.toBe(before);
});

describe.each(CONNECTIONS)("the Inspector's page, $name,", ({ change, version, mayDraw }) => {
	it(`signs in, speaks ${version}, lists the tools that the user may use and shows what they answer`, async () => {
		const page = await openInspector(change(command));
		const permissions = mayDraw ? ["image_generation"] : [];
		expect(await connect(page, { email: "bob@example.com", permissions })).toBe(version);
		expect((await openTools(page)).sort()).toEqual([...(mayDraw ? ALL_TOOLS : ANYONES_TOOLS)].sort());
		await execute(page, "add", { "First number": "2", "Second number": "40" });
		await page.getByText("42", { exact: true }).first().waitFor();
		if (!mayDraw) return;
		await execute(page, "generateImage", { Prompt: "ein Leuchtturm über der Ægäis" });
		const picture = page.getByRole("img", { name: "Content preview" });
		await picture.waitFor();
		expect(await picture.evaluate(({ naturalWidth }: { naturalWidth: number }) => naturalWidth)).toBe(128);
	});
});
