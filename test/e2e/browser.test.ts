/** Consent and sign-in in a real browser. */
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { type CallbackServer, startCallbackServer } from "./callback-server.ts";
import { type RunningChromium, startChromium } from "./chromium.ts";
import { fetchOverHttp } from "./sign-in.ts";

const ORIGIN = inject("origin");
/** What depends on cookies, and on where the browser is sent, is shown at both. */
const ORIGINS = [ORIGIN, ORIGIN.replace("//localhost:", "//127.0.0.1:")];

let chromium: RunningChromium;
const callbacks: CallbackServer[] = [];
/** What a page complained about: in the console, by an exception, by a dialog. */
const complaints: string[] = [];

beforeAll(async () => {
	chromium = await startChromium();
	return () => chromium.close();
});

afterEach(async () => {
	for (const context of chromium.browser.contexts()) await context.close();
	for (const callback of callbacks.splice(0)) await callback.close();
	expect(complaints.splice(0)).toEqual([]);
});

/** A person's browser with nothing in it. */
async function openBrowser(options: BrowserContextOptions = {}): Promise<Page> {
	const context = await chromium.browser.newContext(options);
	context.on("console", (message) => {
		// The browser's own line about a page whose status is an error.
		const isStatus =
			message.text().startsWith("Failed to load resource") && message.location().url === message.page()?.url();
		if (["error", "warning"].includes(message.type()) && !isStatus) complaints.push(message.text());
	});
	context.on("weberror", (error) => complaints.push(String(error.error())));
	context.on("dialog", (dialog) => {
		complaints.push(`A dialog: ${dialog.message()}`);
		void dialog.dismiss();
	});
	return context.newPage();
}

/** An app that is about to send its user to the server's consent page. */
async function registerApp(origin: string, name = "Example App") {
	const callback = await startCallbackServer();
	callbacks.push(callback);
	const client = new OAuthClient(fetchOverHttp, origin);
	const clientId = await client.register(name, [callback.url]);
	const { url, verifier } = await client.authorizationUrl(clientId, { redirectUri: callback.url });
	return {
		url,
		/** What the browser brought back, once it has. */
		returned: callback.visited,
		/** Buys a token with the code that came back, and returns the token's scope. */
		async redeem(): Promise<string> {
			const returned = await callback.visited;
			const fields = { grant_type: "authorization_code", code: returned.get("code") ?? "", code_verifier: verifier };
			const response = await client.token({ ...fields, client_id: clientId, redirect_uri: callback.url });
			if (!response.ok) throw new Error(`${returned} did not buy a token: ${await response.text()}`);
			const { scope } = (await response.json()) as { scope: string };
			return scope;
		},
	};
}

/** An app whose callback no server of this test has. */
async function registerElsewhere(origin: string, redirectUri: string): Promise<string> {
	const client = new OAuthClient(fetchOverHttp, origin);
	const clientId = await client.register("Example App", [redirectUri]);
	return (await client.authorizationUrl(clientId, { redirectUri })).url;
}

async function allow(page: Page): Promise<void> {
	await page.getByRole("button", { name: "Allow" }).click();
	await page.waitForURL(/\/sign-in\?/);
}

async function signIn(page: Page, email = "alice@example.com"): Promise<void> {
	await page.getByLabel("Email address").fill(email);
	await page.getByLabel("Password").fill("anything");
	await page.getByRole("button", { name: "Sign in" }).click();
}

/** Signs in, and returns where the browser is sent: an address that is not there. */
async function signInAndLeave(page: Page): Promise<string | undefined> {
	const answered = page.waitForResponse((response) => response.request().method() === "POST");
	await signIn(page);
	return (await (await answered).allHeaders()).location;
}

const titleOf = (page: Page) => page.getByRole("heading", { level: 1 }).textContent();

describe.each(ORIGINS)("a browser at %s", (origin) => {
	it("allows an app, signs in, and brings the app a code that buys a token", async () => {
		const app = await registerApp(origin);
		const page = await openBrowser();
		await page.goto(app.url);
		expect(await titleOf(page)).toBe("Allow Example App?");
		await allow(page);
		await signIn(page);
		const returned = await app.returned;
		expect(returned.get("state")).toBe("client-state");
		expect(returned.get("iss")).toBe(origin);
		expect(await app.redeem()).toBe("tools identity notes");
	});

	it("denies an app, and tells it so", async () => {
		const app = await registerApp(origin);
		const page = await openBrowser();
		await page.goto(app.url);
		await page.getByRole("button", { name: "Deny" }).click();
		const returned = await app.returned;
		expect(Object.fromEntries(returned)).toMatchObject({ error: "access_denied", state: "client-state", iss: origin });
		expect(returned.has("code")).toBe(false);
	});

	it("asks once whether an app on the web may, and remembers it", async () => {
		const url = await registerElsewhere(origin, "https://app.example/callback");
		const page = await openBrowser();
		await page.goto(url);
		await allow(page);
		await page.goto(url);
		expect(new URL(page.url()).pathname).toBe("/sign-in");
		expect(await signInAndLeave(page)).toMatch(/^https:\/\/app\.example\/callback\?code=/);
	});

	it("hands the code to an app with a scheme of its own", async () => {
		const url = await registerElsewhere(origin, "cursor://anysphere.cursor-mcp/oauth/callback");
		const page = await openBrowser();
		await page.goto(url);
		expect(await page.textContent("main")).toContain("the app that opens cursor: links on this device");
		await allow(page);
		expect(await signInAndLeave(page)).toMatch(/^cursor:\/\/anysphere\.cursor-mcp\/oauth\/callback\?code=/);
	});

	it("refuses the form of a consent page that another browser opened", async () => {
		const app = await registerApp(origin);
		const attacker = await openBrowser();
		await attacker.goto(app.url);
		const handle = await attacker.locator("input[name=handle]").inputValue();

		const victim = await openBrowser();
		await victim.goto(app.url);
		await victim.evaluate(`document.querySelector("input[name=handle]").value = ${JSON.stringify(handle)}`);
		await victim.getByRole("button", { name: "Allow" }).click();
		await victim.getByRole("alert").waitFor();
		expect(await titleOf(victim)).toBe("That did not work");
		expect(new URL(victim.url()).origin).toBe(origin);
	});

	it("lets two apps sign in at the same time, in two tabs", async () => {
		const [first, second] = [await registerApp(origin, "First App"), await registerApp(origin, "Second App")];
		const firstTab = await openBrowser();
		const secondTab = await firstTab.context().newPage();
		await firstTab.goto(first.url);
		await secondTab.goto(second.url);
		await allow(firstTab);
		await allow(secondTab);
		await signIn(secondTab, "second@example.com");
		expect(await second.redeem()).toBe("tools identity notes");
		await signIn(firstTab, "first@example.com");
		expect(await first.redeem()).toBe("tools identity notes");
	});
});

describe("a browser", () => {
	it("grants only what stays ticked, and what the user may do", async () => {
		const app = await registerApp(ORIGIN);
		const page = await openBrowser();
		await page.goto(app.url);
		await page.getByLabel("See who you are").uncheck();
		await allow(page);
		await page.getByLabel("May generate images").check();
		await signIn(page);
		expect(await app.redeem()).toBe("tools notes images");
	});

	it("renders the pages in standards mode", async () => {
		const app = await registerApp(ORIGIN);
		const page = await openBrowser();
		await page.goto(app.url);
		expect(await page.evaluate("document.compatMode")).toBe("CSS1Compat");
	});

	it("has a mistyped email address corrected", async () => {
		const app = await registerApp(ORIGIN);
		const page = await openBrowser();
		await page.goto(app.url);
		await allow(page);
		// The browser's own check would hold it back.
		await page.evaluate("document.forms[0].noValidate = true");
		await signIn(page, "alice at example");
		expect(await page.getByRole("alert").textContent()).toContain("“alice at example” is not an email address");
		expect(await page.getByLabel("Email address").inputValue()).toBe("alice at example");
		await signIn(page, "alice@example.com");
		expect(await app.redeem()).toBe("tools identity notes");
	});

	it("asks each time whether an app on this computer may", async () => {
		const app = await registerApp(ORIGIN);
		const page = await openBrowser();
		await page.goto(app.url);
		await allow(page);
		await page.goto(app.url);
		await allow(page);
		await signIn(page);
		expect(await app.redeem()).toBe("tools identity notes");
	});

	it("needs no JavaScript", async () => {
		const app = await registerApp(ORIGIN);
		const page = await openBrowser({ javaScriptEnabled: false });
		await page.goto(app.url);
		await allow(page);
		await signIn(page);
		expect(await app.redeem()).toBe("tools identity notes");
	});

	it("shows an app's name as text, whatever is in it", async () => {
		const name = `<img src=x onerror=a()><script>b()</script><b>"B"</b>`;
		const app = await registerApp(ORIGIN, name);
		const page = await openBrowser();
		await page.goto(app.url);
		expect(await titleOf(page)).toBe(`Allow ${name}?`);
		expect(await page.locator("main :is(img, script, b)").count()).toBe(0);
		await allow(page);
		await signIn(page);
		expect(await app.redeem()).toBe("tools identity notes");
	});
});
