/** A web app that signs in and calls tools from a real browser, with use-mcp: across origins, in a window of its own. */
import type { Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { allowAndSignIn, type BrowserAnswers } from "./browser-sign-in.ts";
import { type RunningChromium, startChromium } from "./chromium.ts";
import {
	ALL_TOOLS,
	ANYONES_TOOLS,
	addNumbers,
	callTool,
	listToolNames,
	pngSizeOf,
	type ToolClient,
	textOf,
} from "./tool-client.ts";
import { startWebApp, type WebApp } from "./web-app.ts";

const READY_MILLISECONDS = 30_000;

const TRANSPORTS = [
	{ path: "/mcp", transport: "http" },
	{ path: "/sse", transport: "sse" },
] as const;

let chromium: RunningChromium;
let app: WebApp;

beforeAll(async () => {
	app = await startWebApp();
	chromium = await startChromium();
	return async () => {
		await chromium.close();
		await app.close();
	};
});

afterEach(async () => {
	for (const context of chromium.browser.contexts()) await context.close();
});

/** What the page's hook offers, from outside the page. */
function toolsOf(page: Page): ToolClient {
	return {
		listTools: async () => ({ tools: (await page.evaluate("mcp.tools")) as { name: string }[] }),
		callTool: (call) => page.evaluate(`mcp.callTool(${JSON.stringify(call.name)}, ${JSON.stringify(call.arguments)})`),
	};
}

/**
 * Presses the page's button, allows what it asks for and signs in, in the window that it opens.
 *
 * use-mcp sends the window to two addresses, one right after the other, and only the second leads back. A browser that is
 * just showing the first may miss the second, so the first shows nothing.
 */
async function signIn(page: Page, answers: BrowserAnswers): Promise<void> {
	const isAuthorization = /\/authorize\?/;
	await page.context().route(isAuthorization, (route) => route.fulfill({ status: 204 }), { times: 1 });
	const [popup] = await Promise.all([
		page.waitForEvent("popup"),
		page.getByRole("button", { name: "Connect" }).click(),
	]);
	await popup.waitForURL(isAuthorization);
	await Promise.all([popup.waitForEvent("close"), allowAndSignIn(popup, answers)]);
}

describe.each(TRANSPORTS)("a web app with use-mcp at $path", ({ path, transport }) => {
	async function openApp(answers: BrowserAnswers): Promise<Page> {
		const context = await chromium.browser.newContext();
		context.setDefaultTimeout(READY_MILLISECONDS);
		const page = await context.newPage();
		await page.goto(app.pageFor(inject("origin") + path, transport));
		await signIn(page, answers);
		await page.getByText("ready", { exact: true }).waitFor();
		return page;
	}

	it("signs in in a window that closes, lists the tools and calls them", async () => {
		const page = await openApp({ email: `${crypto.randomUUID()}@example.com` });
		const client = toolsOf(page);
		expect(await listToolNames(client)).toEqual(ANYONES_TOOLS);
		expect(await addNumbers(client, 2, 3)).toBe("5");
		await callTool(client, "remember", { note: "naïve, ☃, 日本語" });
		expect(textOf(await callTool(client, "recall"))).toContain("naïve, ☃, 日本語");
		const refused = await callTool(client, "generateImage", { prompt: "a lighthouse" });
		expect(refused.isError).toBe(true);
		expect(textOf(refused)).toContain('needs the permission "image_generation"');
	});

	it("generates an image for a user who may, and stays signed in when the page is loaded again", async () => {
		const page = await openApp({ email: "carol@example.com", permissions: ["image_generation"] });
		await page.reload();
		await page.getByRole("button", { name: "Connect" }).click();
		await page.getByText("ready", { exact: true }).waitFor();
		expect(page.context().pages()).toEqual([page]);
		const client = toolsOf(page);
		expect(await listToolNames(client)).toEqual(ALL_TOOLS);
		const result = await callTool(client, "generateImage", { prompt: "a lighthouse" });
		expect(pngSizeOf(result)).toEqual({ width: 128, height: 128 });
	});
});
