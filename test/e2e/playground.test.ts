/** The playground in a browser: sign in, call tools, and read their answers. */
import type { Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { violationsOf } from "./axe.ts";
import { allowAndSignIn } from "./browser-sign-in.ts";
import { type RunningChromium, startChromium } from "./chromium.ts";

const origin = inject("origin");
let chromium: RunningChromium;
/** What the page complained about: among others, what its policy forbids. */
const complaints: string[] = [];

beforeAll(async () => {
	chromium = await startChromium();
	return () => chromium.close();
});
afterEach(async () => {
	for (const context of chromium.browser.contexts()) await context.close();
	expect(complaints.splice(0)).toEqual([]);
});

async function openPlayground(): Promise<Page> {
	const page = await (await chromium.browser.newContext()).newPage();
	page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
	page.on("pageerror", (error) => complaints.push(String(error)));
	await page.goto(`${origin}/playground`);
	return page;
}

async function signIn(page: Page): Promise<void> {
	await page.getByRole("button", { name: "Sign in" }).click();
	const email = `${crypto.randomUUID()}@example.com`;
	await allowAndSignIn(page, { email, permissions: ["image_generation"] });
	await page.getByRole("heading", { name: "Tools" }).waitFor();
}

const cardOf = (page: Page, name: string) =>
	page.locator("details.call", { has: page.getByText(name, { exact: true }) });

describe.each(["stateless", "session", "sse"])("over the connection %s", (way) => {
	it("a person signs in, adds two numbers, is asked for a prompt, and sees the image", async () => {
		const page = await openPlayground();
		expect(await violationsOf(page)).toEqual([]);
		await signIn(page);
		expect(page.url()).toBe(`${origin}/playground`);
		if (way !== "stateless") {
			await page.getByLabel("Protocol").selectOption(way);
			await page.getByText("Connected with 2025-11-25").waitFor();
		}
		const add = cardOf(page, "add");
		await add.getByText("add", { exact: true }).click();
		await add.getByLabel("a", { exact: true }).fill("2");
		await add.getByLabel("b", { exact: true }).fill("3");
		await add.getByRole("button", { name: "Call" }).click();
		await add.getByText("Done.").waitFor();
		expect(await add.locator("pre.text").textContent()).toBe("5");
		const draw = cardOf(page, "generateImage");
		await draw.getByText("generateImage", { exact: true }).click();
		await draw.getByRole("button", { name: "Call" }).click();
		const question = draw.getByRole("form", { name: "The server asks" });
		await question.getByLabel("Prompt").fill("a lighthouse");
		await question.getByRole("button", { name: "Answer" }).click();
		await draw.getByRole("img").waitFor();
		await expect.poll(() => page.evaluate("document.querySelector('.answer img').naturalWidth")).toBe(128);
		await page.getByText("Messages").click();
		expect(await violationsOf(page)).toEqual([]);
		expect(await page.locator(".messages").textContent()).toContain("Authorization: Bearer $TOKEN");
		await page.getByRole("button", { name: "Sign out" }).click();
		await page.getByRole("button", { name: "Sign in" }).waitFor();
	});
});
