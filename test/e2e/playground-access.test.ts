/** The access of the playground: how it begins, goes on, and ends. */
import type { Page } from "playwright-core";
import { describe, expect, inject, it } from "vitest";
import { PlaygroundPage, useBrowsers, WAYS } from "./playground-page.ts";

const origin = inject("origin");
const browsers = useBrowsers();
const ENDED = "Your access has ended. Sign in again.";

const unavailable = { status: 503, contentType: "text/plain", body: "down" };

async function sum(playground: PlaygroundPage): Promise<string | null> {
	return (await playground.card("add").call({ a: "2", b: "3" })).locator("pre.text").textContent();
}

/** Calls, and does not wait for an answer. */
async function startSum(playground: PlaygroundPage): Promise<void> {
	const add = await playground.card("add").fill({ a: "2", b: "3" });
	await add.start();
}

describe.each(WAYS)("over the connection %s", (way) => {
	it("an access token that has ended is renewed, and the user sees nothing of it", async () => {
		const playground = await browsers.openSignedIn(origin, way);
		await playground.changeTokens({ access_token: "ended" });
		expect(await sum(playground)).toBe("5");
		expect(await playground.stored("tokens")).not.toContain('"ended"');
	});

	it("a user who disconnects the playground is told at the next call, signs in, and finds what was typed", async () => {
		const playground = await browsers.openSignedIn(origin, way);
		await disconnect(await playground.context.newPage(), playground.email);
		await startSum(playground);
		await playground.page.getByRole("alert").getByText(ENDED).waitFor();
		expect(await playground.stored("tokens")).toBeNull();
		await playground.signIn();
		expect(await playground.card("add").field("b").inputValue()).toBe("3");
		await playground.card("add").start();
		await playground.card("add").status.getByText("Done.").waitFor();
	});

	it("a server that is away when the access is to be renewed does not sign the user out", async () => {
		const playground = await browsers.openSignedIn(origin, way);
		await playground.changeTokens({ access_token: "ended" });
		await playground.page.route("**/token", (route) => route.fulfill(unavailable));
		await startSum(playground);
		await playground.card("add").problem.getByText("could not be renewed for now. Try again in a minute.").waitFor();
		await playground.page.unroute("**/token");
		await playground.page.route("**/token", (route) => route.abort());
		await startSum(playground);
		await playground.card("add").problem.getByText("could not be renewed for now. Try again in a minute.").waitFor();
		await playground.page.unroute("**/token");
		expect(await sum(playground)).toBe("5");
	});

	it("a server that is away at a call is a sentence, and the next call succeeds", async () => {
		const playground = await browsers.openSignedIn(origin, way);
		const isCall = (url: URL) => /^\/(mcp|sse)/.test(url.pathname);
		await playground.page.route(isCall, (route) => route.fulfill(unavailable));
		await startSum(playground);
		await playground.card("add").problem.getByText("cannot answer for now (status 503). Try again").waitFor();
		await playground.page.unroute(isCall);
		await playground.page.route(isCall, (route) => route.abort());
		await startSum(playground);
		await playground.card("add").problem.getByText("could not be reached. Check your connection").waitFor();
		await playground.page.unroute(isCall);
		expect(await sum(playground)).toBe("5");
	});
});

/** Ends the access of the playground on the pages of the account. */
async function disconnect(page: Page, email: string): Promise<void> {
	await page.goto(`${origin}/account`);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByLabel("Email address").fill(email);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByRole("button", { name: "Disconnect Playground" }).click();
	await page.getByRole("status").getByText("for up to a minute").waitFor();
	await page.close();
}

it("a server that is away when the page opens is a sentence, and the user tries again", async () => {
	const playground = await browsers.openSignedIn(origin);
	await playground.page.route("**/mcp", (route) => route.fulfill(unavailable));
	await playground.page.reload();
	await playground.page.getByRole("alert").getByText("The connection failed.").waitFor();
	await playground.page.unroute("**/mcp");
	await playground.page.getByRole("button", { name: "Try again" }).click();
	expect(await sum(playground)).toBe("5");
});

it("a user who denies the access is told so, and may sign in after all", async () => {
	const playground = await browsers.open(origin);
	await playground.signInButton.click();
	await playground.page.locator("button[name=decision][value=deny]").click();
	await playground.page.getByRole("alert").getByText("The sign-in did not succeed. The access was denied.").waitFor();
	expect(playground.page.url()).toBe(`${origin}/playground`);
	await playground.signIn();
	expect(await sum(playground)).toBe("5");
});

it("a user who allows only a part sees the tools of that part", async () => {
	const playground = await browsers.open(origin);
	await playground.signInButton.click();
	for (const scope of ["identity", "notes", "images"]) {
		await playground.page.locator(`input[name=scope][value=${scope}]`).uncheck();
	}
	await playground.page.locator("button[name=decision][value=approve]").click();
	await playground.page.locator("input[name=email]").fill(playground.email);
	await playground.page.locator("input[name=password]").fill("anything");
	await playground.page.locator("input[name=password]").press("Enter");
	await playground.page.getByRole("heading", { name: "Tools" }).waitFor();
	expect(await playground.page.locator("details.call > summary code").allTextContents()).toEqual(["add"]);
});

it("a user without the permission does not see the tool that needs it", async () => {
	const playground = await browsers.openSignedIn(origin, "stateless", { permissions: [] });
	await playground.card("whoami").element.waitFor();
	expect(await playground.card("generateImage").element.count()).toBe(0);
});

it("the button Back after a sign-in leads away and Forward to the same access", async () => {
	const playground = await browsers.open(origin);
	await playground.signIn();
	await playground.page.goBack();
	expect(playground.page.url()).not.toBe(`${origin}/playground`);
	await playground.page.goForward();
	await playground.page.getByRole("heading", { name: "Tools" }).waitFor();
	expect(await sum(playground)).toBe("5");
});

it("the button Back during a sign-in leads to a page that can begin another, also as the browser kept it", async () => {
	const playground = await browsers.open(origin);
	await playground.signInButton.click();
	await playground.page.waitForURL(/\/authorize\?/);
	await playground.page.goBack();
	await playground.signInButton.click();
	await playground.page.waitForURL(/\/authorize\?/);
	await playground.page.goBack();
	await playground.signInButton.waitFor();
	const reloaded = playground.page.waitForEvent("load");
	await playground.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
	await reloaded;
	await playground.signIn();
	expect(await sum(playground)).toBe("5");
});

it("an address that a sign-in came back to is of no use a second time", async () => {
	const playground = await browsers.open(origin);
	const returned = playground.page.waitForRequest((request) => request.url().startsWith(`${origin}/playground?`));
	await playground.signIn();
	const address = (await returned).url();
	await playground.page.goto(address);
	await playground.page.getByRole("alert").getByText("The sign-in did not succeed.").waitFor();
	expect(playground.page.url()).toBe(`${origin}/playground`);
	// Another tab has not begun it, and says nothing of it.
	const other = await playground.context.newPage();
	await other.goto(address);
	await other.getByRole("button", { name: "Sign in" }).waitFor();
	expect(await other.getByRole("alert").count()).toBe(0);
});

it("two tabs have an access each: signing out of one leaves the other", async () => {
	const first = await browsers.openSignedIn(origin);
	const page = await first.context.newPage();
	await page.goto(`${origin}/playground`);
	const second = new PlaygroundPage(page);
	await second.signIn({ email: first.email });
	expect(await sum(second)).toBe("5");
	await second.page.getByRole("button", { name: "Sign out" }).click();
	await second.signInButton.waitFor();
	expect(await sum(first)).toBe("5");
	await first.page.reload();
	expect(await sum(first)).toBe("5");
});

it("signing out ends the access at the server too, and does not wait for one that is away", async () => {
	const playground = await browsers.open(origin);
	await playground.signIn();
	const { page } = playground;
	const tokens = JSON.parse((await playground.stored("tokens")) ?? "{}");
	const isAccepted = async () => {
		const headers = { Authorization: `Bearer ${tokens.access_token}` };
		return (await fetch(`${origin}/mcp`, { method: "POST", headers })).status !== 401;
	};
	expect(await isAccepted()).toBe(true);
	await page.getByRole("button", { name: "Sign out" }).click();
	await playground.signInButton.waitFor();
	expect(await isAccepted()).toBe(false);
	await playground.signIn();
	await playground.context.setOffline(true);
	await page.getByRole("button", { name: "Sign out" }).click();
	await playground.signInButton.waitFor();
	expect(await playground.stored("tokens")).toBeNull();
});

it("a user who signs out while the page connects is signed out", async () => {
	const playground = await browsers.openSignedIn(origin);
	const { promise: held, resolve: release } = Promise.withResolvers<void>();
	await playground.page.route("**/mcp", async (route) => {
		await held;
		await route.continue();
	});
	await playground.page.reload();
	await playground.page.getByText("Connecting…").waitFor();
	await playground.page.getByRole("button", { name: "Sign out" }).click();
	await playground.signInButton.waitFor();
	release();
	await playground.page.unrouteAll({ behavior: "wait" });
	expect(await playground.page.getByRole("heading", { name: "Tools" }).count()).toBe(0);
	expect(await playground.stored("tokens")).toBeNull();
});
