/** How the pages look: pictures to look at in test-results/screenshots; each page fits its screen, and is accessible. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, expect, inject, it } from "vitest";
import { EVERY_PROVIDER } from "../support/identity/cases.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { violationsOf } from "./axe.ts";
import { type RunningChromium, startChromium } from "./chromium.ts";
import { PlaygroundPage } from "./playground-page.ts";
import { type RunningServer, startServer } from "./server.ts";
import { fetchOverHttp } from "./sign-in.ts";

const FOLDER = join(import.meta.dirname, "../../test-results/screenshots");
const SCREENS = { phone: { width: 320, height: 640 }, desktop: { width: 1280, height: 800 } };
const LOOKS = (["light", "dark"] as const).flatMap((scheme) =>
	(["phone", "desktop"] as const).map((screen) => ({ scheme, screen })),
);
/** Of a page's looks, those that have a picture: both colours, and both screens. */
const PICTURES = ["phone-dark", "desktop-light"];
/** docs/images has their first screen. */
const IN_README = ["home", "consent", "playground-image"];
/** Light and dark as the style sheet has them: --paper. */
const PAPER = { light: "rgb(250, 250, 249)", dark: "rgb(28, 25, 23)" };

const origin = inject("origin");
/** A server with all identity providers, and one whose settings are wrong. */
let providers: RunningServer;
let wrong: RunningServer;
let chromium: RunningChromium;

beforeAll(async () => {
	await mkdir(FOLDER, { recursive: true });
	const variables = Object.entries(EVERY_PROVIDER).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
	chromium = await startChromium();
	[providers, wrong] = await Promise.all([
		startServer({ flags: variables }),
		startServer({ flags: ["--var", "GITHUB_CLIENT_ID:id"] }),
	]);
	return () => Promise.all([chromium.close(), providers.stop(), wrong.stop()]);
});

/** How a person comes to each page. */
const PAGES: Record<string, (page: Page) => Promise<unknown>> = {
	home: (page) => page.goto(origin),
	consent: async (page) => page.goto(await authorizationUrl("Example App")),
	"consent-long-name": async (page) => page.goto(await authorizationUrl("Antidisestablishmentarianism".repeat(4))),
	async "sign-in"(page) {
		await page.goto(await authorizationUrl("Example App"));
		await page.getByRole("button", { name: "Allow" }).click();
		await page.getByRole("button", { name: "Sign in" }).waitFor();
	},
	async "sign-in-corrected"(page) {
		await PAGES["sign-in"]?.(page);
		await page.evaluate("document.forms[0].noValidate = true");
		await page.getByLabel("Email address").fill("alice at example");
		await page.getByRole("button", { name: "Sign in" }).click();
		await page.getByRole("alert").waitFor();
	},
	async "consent-nothing-ticked"(page) {
		await page.goto(await authorizationUrl("Example App"));
		for (const box of await page.getByRole("checkbox").all()) await box.uncheck();
		await page.getByRole("button", { name: "Allow" }).click();
		await page.getByRole("alert").waitFor();
	},
	"consent-providers": async (page) => page.goto(await authorizationUrl("Example App", providers.origin)),
	account: async (page) => {
		const email = `${crypto.randomUUID()}@example.com`;
		const client = new OAuthClient(fetchOverHttp, origin);
		for (const clientName of ["Claude", "Example App"]) await client.signIn({ email, clientName });
		await openAccount(page, email);
	},
	"account-without-apps": (page) => openAccount(page, `${crypto.randomUUID()}@example.com`),
	"account-signed-out": (page) => page.goto(`${origin}/account`),
	playground: (page) => page.goto(`${origin}/playground`),
	async "playground-tools"(page) {
		const playground = await openPlayground(page);
		await playground.card("add").call({ a: "2", b: "3" });
		await page.getByText("Messages").click();
	},
	async "playground-question"(page) {
		const playground = await openPlayground(page);
		await playground.card("generateImage").start();
		await page.getByRole("form", { name: "The server asks" }).waitFor();
	},
	async "playground-image"(page) {
		const playground = await openPlayground(page);
		await playground.card("generateImage").call({ prompt: "A lighthouse at dawn" });
		await page.frameLocator(".answer iframe").getByRole("img").waitFor();
		// The picture for the README begins with the tool.
		await playground
			.card("generateImage")
			.element.evaluate((card: { scrollIntoView(): void }) => card.scrollIntoView());
	},
	async "playground-notes"(page) {
		const playground = await openPlayground(page);
		for (const note of ["Buy milk and bread on Friday", "Ada’s birthday is 10 December"]) {
			await playground.card("remember").call({ note });
		}
		await playground.card("recall").call();
		await page.frameLocator(".answer iframe").getByRole("listitem").first().waitFor();
	},
	async "playground-denied"(page) {
		await page.goto(`${origin}/playground`);
		await page.getByRole("button", { name: "Sign in" }).click();
		await page.getByRole("button", { name: "Deny" }).click();
		await page.getByRole("alert").waitFor();
	},
	"mcp-in-a-browser": (page) => page.goto(`${origin}/mcp`),
	"error-unknown-app": (page) => page.goto(`${origin}/authorize?client_id=unknown`),
	"error-callback-mismatch": (page) => page.goto(`${origin}/callback?error=redirect_uri_mismatch`),
	"error-settings": (page) => page.goto(wrong.origin),
	async "error-sign-in-over"(page) {
		await PAGES["sign-in"]?.(page);
		const address = page.url();
		await page.getByLabel("Email address").fill("ada@example.com");
		await page.getByLabel("Password").fill("anything");
		await page.getByRole("button", { name: "Sign in" }).click();
		// Nothing answers where the app would.
		await page.waitForURL("chrome-error://**");
		await page.goto(address);
		await page.getByRole("alert").waitFor();
	},
	"error-not-found": (page) => page.goto(`${origin}/nowhere`),
	async "error-form-refused"(page) {
		await page.goto(await authorizationUrl("Example App"));
		await page.context().clearCookies();
		await page.getByRole("button", { name: "Allow" }).click();
		await page.getByRole("alert").waitFor();
	},
};

it.each(Object.entries(PAGES))(
	"%s fits each screen in light and dark colours, and axe-core finds nothing",
	async (name, open) => {
		const context = await chromium.browser.newContext();
		try {
			const page = await context.newPage();
			await open(page);
			for (const { screen, scheme } of LOOKS) {
				const look = `${screen}-${scheme}`;
				await page.setViewportSize(SCREENS[screen]);
				await page.emulateMedia({ colorScheme: scheme });
				if (PICTURES.includes(look)) {
					await page.screenshot({ path: join(FOLDER, `${name}-${look}.png`), fullPage: true });
				}
				if (IN_README.includes(name) && look === "desktop-light") {
					await page.screenshot({ path: join(FOLDER, `readme-${name}.png`) });
				}
				expect(await page.evaluate("document.documentElement.scrollWidth"), look).toBe(SCREENS[screen].width);
				const color = await page.evaluate("getComputedStyle(document.body).backgroundColor");
				expect(color, look).toBe(PAPER[scheme]);
				// Colours and structure do not depend on the width, nor the structure on the colours.
				if (screen === "phone") expect(await violationsOf(page, scheme === "dark"), look).toEqual([]);
			}
		} finally {
			await context.close();
		}
	},
);

it("draws what links to the home page show elsewhere", async () => {
	const context = await chromium.browser.newContext({
		viewport: { width: 600, height: 315 },
		deviceScaleFactor: 2,
		colorScheme: "light",
	});
	try {
		const page = await context.newPage();
		await page.goto(origin);
		// The masthead alone, in the middle.
		await page.evaluate(`
			for (const other of document.querySelectorAll("main > :not(header)")) other.remove();
			document.querySelector("main").style = "min-height: 100vh; padding: 0 3rem; display: grid; align-content: center";
		`);
		await page.screenshot({ path: join(FOLDER, "preview.png") });
	} finally {
		await context.close();
	}
});

async function openPlayground(page: Page): Promise<PlaygroundPage> {
	const playground = new PlaygroundPage(page);
	await playground.openWithAccess(origin);
	return playground;
}

async function openAccount(page: Page, email: string): Promise<void> {
	await page.goto(`${origin}/account`);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByLabel("Email address").fill(email);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByRole("heading", { name: "Recent activity" }).waitFor();
}

async function authorizationUrl(clientName: string, at = origin): Promise<string> {
	const client = new OAuthClient(fetchOverHttp, at);
	const { url } = await client.authorizationUrl(await client.register(clientName));
	return url;
}
