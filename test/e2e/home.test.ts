/** The home page in a browser, and what it has people paste into the clients that are on npm. */
import { parse } from "node-html-parser";
import type { BrowserContext, Page } from "playwright-core";
import { afterEach, beforeAll, expect, inject, it } from "vitest";
import { CLIENT_IDS } from "../../src/pages/clients.ts";
import { type RunningChromium, startChromium } from "./chromium.ts";

const origin = inject("origin");
let chromium: RunningChromium;
let context: BrowserContext | undefined;

beforeAll(async () => {
	chromium = await startChromium();
	return () => chromium.close();
});
afterEach(() => context?.close());

async function openHome(options: { javaScriptEnabled?: boolean } = {}): Promise<Page> {
	context = await chromium.browser.newContext({ permissions: ["clipboard-read", "clipboard-write"], ...options });
	const page = await context.newPage();
	await page.goto(origin);
	return page;
}

const shownPanels = async (page: Page): Promise<string[]> => {
	const sections = await page.locator(".tabs > section").all();
	const shown = await Promise.all(sections.map(async (one) => ((await one.isVisible()) ? one.getAttribute("id") : "")));
	return shown.filter((id) => id !== "").map(String);
};

it.each([true, false])("a person chooses their client with the mouse or the keyboard (JavaScript: %s)", async (on) => {
	const page = await openHome({ javaScriptEnabled: on });
	expect(await shownPanels(page)).toEqual(["panel-claude"]);
	await page.getByText("Cursor", { exact: true }).first().click();
	expect(await shownPanels(page)).toEqual(["panel-cursor"]);
	await page.keyboard.press("ArrowRight");
	expect(await shownPanels(page)).toEqual(["panel-vs-code"]);
	expect(await page.getByRole("radio").count()).toBe(CLIENT_IDS.length);
});

it("a person copies the address, and a configuration", async () => {
	const page = await openHome();
	const clipboard = () => page.evaluate("navigator.clipboard.readText()");
	await page.getByRole("button", { name: "Copy the address" }).click();
	await page.getByText("Copied").waitFor();
	expect(await clipboard()).toBe(`${origin}/mcp`);
	await page.getByText("Windsurf", { exact: true }).first().click();
	await page.locator("#panel-windsurf").getByRole("button", { name: "Copy this configuration" }).click();
	await expect.poll(clipboard).toContain('"serverUrl"');
});

it("without JavaScript there is no button that does nothing", async () => {
	const page = await openHome({ javaScriptEnabled: false });
	expect(await page.getByRole("button").count()).toBe(0);
});

it("the commands to run name the server that npm start greets with", async () => {
	const page = parse(await (await fetch(origin)).text());
	const commands = page.querySelectorAll("pre").map(({ textContent }) => textContent);
	for (const line of inject("greeting").matchAll(/(?:claude mcp add|npx @modelcontextprotocol).*/g)) {
		expect(commands).toContain(line[0].trim());
	}
});
