/** The account pages in a real browser: seeing the connected apps, and ending their access. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterEach, beforeAll, expect, inject, it } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { EventReader } from "../support/sse.ts";
import { violationsOf } from "./axe.ts";
import { type RunningChromium, startChromium } from "./chromium.ts";
import { fetchOverHttp } from "./sign-in.ts";

const origin = inject("origin");
let chromium: RunningChromium;

beforeAll(async () => {
	chromium = await startChromium();
	return () => chromium.close();
});
afterEach(async () => {
	for (const context of chromium.browser.contexts()) await context.close();
});

/** An app that a user has let in, with a session and an open stream. */
async function connect(email: string, clientName: string) {
	const client = new OAuthClient(fetchOverHttp, origin);
	const { access_token, refresh_token = "", client_id } = await client.signIn({ email, clientName });
	const post = (message: object, session?: string) =>
		fetch(`${origin}/mcp`, {
			method: "POST",
			headers: {
				Authorization: `Bearer ${access_token}`,
				Accept: "application/json, text/event-stream",
				"Content-Type": "application/json",
				...(session && { "Mcp-Session-Id": session }),
			},
			body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...message }),
		});
	const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
	const opened = await post({ method: "initialize", params });
	await opened.text();
	const session = opened.headers.get("Mcp-Session-Id") ?? "";
	const headers = { Authorization: `Bearer ${access_token}`, Accept: "text/event-stream", "Mcp-Session-Id": session };
	const stream = new EventReader(await fetch(`${origin}/mcp`, { headers }));
	await stream.next();
	return {
		stream,
		async call() {
			const add = { method: "tools/call", params: { name: "add", arguments: { a: 1, b: 2 } } };
			const response = await post(add, session);
			await response.text();
			return response.status;
		},
		async remember() {
			const remember = { method: "tools/call", params: { name: "remember", arguments: { note: "a note of mine" } } };
			await (await post(remember, session)).text();
		},
		refresh: async () => (await client.token({ grant_type: "refresh_token", refresh_token, client_id })).status,
	};
}

async function openAccount(email: string): Promise<Page> {
	const context = await chromium.browser.newContext({ javaScriptEnabled: true });
	const page = await context.newPage();
	await page.goto(`${origin}/account`);
	expect(await violationsOf(page)).toEqual([]);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByLabel("Email address").fill(email);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.waitForURL(`${origin}/account`);
	return page;
}

it("a person disconnects one of two apps: it ends at once, and the other goes on", async () => {
	const email = `${crypto.randomUUID()}@example.com`;
	const [ended, kept] = [await connect(email, "App to end"), await connect(email, "App to keep")];
	const page = await openAccount(email);
	expect(await violationsOf(page)).toEqual([]);
	expect(await page.getByRole("heading", { level: 2 }).allTextContents()).toEqual(
		expect.arrayContaining(["App to end", "App to keep"]),
	);
	const section = page.getByRole("region", { name: "App to end" });
	expect(await section.textContent()).toContain("Unknown. Anyone can use this name.");
	expect(await section.textContent()).toContain("Keep notes for you, read them and delete them");
	expect(await section.locator("dt:has-text('Open connections') + dd").textContent()).toBe("1");
	await page.getByRole("button", { name: "Disconnect App to end" }).click();
	await page.getByRole("status").waitFor();
	expect(await page.getByRole("status").textContent()).toContain("for up to a minute");
	expect(await violationsOf(page)).toEqual([]);
	expect(await ended.stream.next()).toBeUndefined();
	expect(await ended.refresh()).toBe(400);
	expect(await ended.call()).toBe(401);
	expect(await page.getByRole("region", { name: "App to end" }).count()).toBe(0);
	expect(await page.getByRole("table").textContent()).toContain("You disconnected it");
	expect(await page.getByRole("table").textContent()).toContain("App to end");
	expect(await kept.call()).toBe(200);
	expect(await kept.refresh()).toBe(200);
	await kept.stream.close();
	// What is laid out otherwise is no table for screen readers.
	await page.setViewportSize({ width: 320, height: 640 });
	const layout = `[...document.querySelectorAll("table, table *")].map((one) => getComputedStyle(one).display)`;
	const parts = ["table", "table-header-group", "table-row-group", "table-row", "table-cell"];
	expect(await page.evaluate(layout)).toEqual(expect.arrayContaining(parts));
	expect(await page.evaluate(layout)).not.toContain("block");
});

it("a person downloads what is kept of them, deletes it, and is signed out", async () => {
	const email = `${crypto.randomUUID()}@example.com`;
	const app = await connect(email, "An app");
	await app.remember();
	const page = await openAccount(email);
	const download = page.waitForEvent("download");
	await page.getByRole("link", { name: /^Download/ }).click();
	const data = JSON.parse(await readFile(await (await download).path(), "utf8"));
	expect(data).toMatchObject({ apps: [{ name: "An app" }], stored: { notes: [{ text: "a note of mine" }] } });
	// The browser asks for the box to be ticked.
	await page.getByRole("button", { name: "Delete everything" }).click();
	expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Your connected apps");
	await page.getByRole("checkbox").check();
	await page.getByRole("button", { name: "Delete everything" }).click();
	await page.getByRole("heading", { name: "Everything is deleted" }).waitFor();
	expect(await violationsOf(page)).toEqual([]);
	// The note was announced before the end.
	while (await app.stream.next());
	expect(await app.refresh()).toBe(400);
	await page.goto(`${origin}/account`);
	await page.getByRole("button", { name: "Sign in" }).waitFor();
});

it("the consent page says where an access can be undone", async () => {
	const client = new OAuthClient(fetchOverHttp, origin);
	const { url } = await client.authorizationUrl(await client.register("Example App"));
	const page = await (await chromium.browser.newContext()).newPage();
	await page.goto(url);
	await page.getByRole("link", { name: "your connected apps" }).click();
	await page.getByRole("heading", { name: "Your connected apps" }).waitFor();
});
