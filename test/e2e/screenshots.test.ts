/** How the pages look: pictures to look at in test-results/screenshots; each page fits its screen, and is accessible. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, expect, inject, it } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { violationsOf } from "./axe.ts";
import { type RunningChromium, startChromium } from "./chromium.ts";
import { fetchOverHttp } from "./sign-in.ts";

const FOLDER = join(import.meta.dirname, "../../test-results/screenshots");
const SCREENS = { phone: { width: 320, height: 640 }, desktop: { width: 1280, height: 800 } };
const LOOKS = (["light", "dark"] as const).flatMap((scheme) =>
	(["phone", "desktop"] as const).map((screen) => ({ scheme, screen })),
);
/** Light and dark as the style sheet has them: --paper. */
const PAPER = { light: "rgb(250, 250, 249)", dark: "rgb(28, 25, 23)" };

const origin = inject("origin");
let chromium: RunningChromium;

beforeAll(async () => {
	await mkdir(FOLDER, { recursive: true });
	chromium = await startChromium();
	return () => chromium.close();
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
	account: async (page) => {
		const email = `${crypto.randomUUID()}@example.com`;
		const client = new OAuthClient(fetchOverHttp, origin);
		for (const clientName of ["Claude", "Example App"]) await client.signIn({ email, clientName });
		await page.goto(`${origin}/account`);
		await page.getByRole("button", { name: "Sign in" }).click();
		await page.getByLabel("Email address").fill(email);
		await page.getByRole("button", { name: "Sign in" }).click();
		await page.getByRole("heading", { name: "What happened" }).waitFor();
	},
	"account-signed-out": (page) => page.goto(`${origin}/account`),
	"mcp-in-a-browser": (page) => page.goto(`${origin}/mcp`),
	"error-unknown-app": (page) => page.goto(`${origin}/authorize?client_id=unknown`),
	"error-callback-mismatch": (page) => page.goto(`${origin}/callback?error=redirect_uri_mismatch`),
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
				await page.screenshot({ path: join(FOLDER, `${name}-${look}.png`), fullPage: true });
				expect(await page.evaluate("document.documentElement.scrollWidth"), look).toBe(SCREENS[screen].width);
				const color = await page.evaluate("getComputedStyle(document.body).backgroundColor");
				expect(color, look).toBe(PAPER[scheme]);
				// Colours and structure do not depend on the width.
				if (screen === "phone") expect(await violationsOf(page), look).toEqual([]);
			}
		} finally {
			await context.close();
		}
	},
);

async function authorizationUrl(clientName: string): Promise<string> {
	const client = new OAuthClient(fetchOverHttp, origin);
	const { url } = await client.authorizationUrl(await client.register(clientName));
	return url;
}
