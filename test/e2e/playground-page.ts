/** A user of the playground, in a browser of their own. */
import type { BrowserContext, Locator, Page } from "playwright-core";
import { afterEach, beforeAll, expect } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { allowAndSignIn, type BrowserAnswers } from "./browser-sign-in.ts";
import { type RunningChromium, startChromium } from "./chromium.ts";
import { fetchOverHttp } from "./sign-in.ts";

const PATIENCE_MILLISECONDS = 15_000;

export const WAYS = ["stateless", "session", "sse"] as const;
export type Way = (typeof WAYS)[number];

export type Browsers = {
	/** A browser with nothing in it, at the playground. */
	open(origin: string): Promise<PlaygroundPage>;
	/** The same, connected in a way, with an access as a sign-in leaves it. What is about the sign-in itself walks it on the page. */
	openSignedIn(origin: string, way?: Way, answers?: Partial<BrowserAnswers>): Promise<PlaygroundPage>;
};

/** Starts Chromium for a file of tests. A test fails if a page complains, other than of an answer that is an error. */
export function useBrowsers(): Browsers {
	let chromium: RunningChromium;
	const complaints: string[] = [];
	beforeAll(async () => {
		chromium = await startChromium();
		return () => chromium.close();
	});
	afterEach(async () => {
		for (const context of chromium.browser.contexts()) await context.close();
		expect(complaints.splice(0)).toEqual([]);
	});
	async function newPage(): Promise<Page> {
		const context = await chromium.browser.newContext();
		context.on("console", (message) => {
			const isStatus = message.text().startsWith("Failed to load resource");
			if (message.type() === "error" && !isStatus) complaints.push(message.text());
		});
		context.on("weberror", (error) => complaints.push(String(error.error())));
		const page = await context.newPage();
		page.setDefaultTimeout(PATIENCE_MILLISECONDS);
		return page;
	}
	return {
		async open(origin) {
			const page = await newPage();
			await page.goto(`${origin}/playground`);
			return new PlaygroundPage(page);
		},
		async openSignedIn(origin, way, answers) {
			const playground = new PlaygroundPage(await newPage());
			await playground.openWithAccess(origin, way, answers);
			return playground;
		},
	};
}

export class PlaygroundPage {
	readonly page: Page;
	email = `${crypto.randomUUID()}@example.com`;

	constructor(page: Page) {
		this.page = page;
	}

	get context(): BrowserContext {
		return this.page.context();
	}

	get signInButton(): Locator {
		return this.page.getByRole("button", { name: "Sign in" });
	}

	async signIn({
		email = this.email,
		permissions = ["image_generation"],
	}: Partial<BrowserAnswers> = {}): Promise<void> {
		this.email = email;
		await this.signInButton.click();
		await allowAndSignIn(this.page, { email, permissions });
		await this.page.getByRole("heading", { name: "Tools" }).waitFor();
	}

	/** Signs in over HTTP, which takes a tenth of the time, and hands the tab what it would keep of that. */
	async openWithAccess(
		origin: string,
		way: Way = "stateless",
		{ email = this.email, permissions = ["image_generation"] }: Partial<BrowserAnswers> = {},
	): Promise<void> {
		this.email = email;
		const address = `${origin}/playground`;
		const client = new OAuthClient(fetchOverHttp, origin);
		const clientId = await client.register("Playground", [address]);
		const access = { clientId, redirectUri: address, resource: origin, email, permissions: [...permissions] };
		const { client_id, ...tokens } = await client.signIn(access);
		await this.page.route(address, (route) => route.fulfill({ contentType: "text/html", body: "" }));
		await this.page.goto(address);
		await this.#store("sessionStorage", "tokens", JSON.stringify(tokens));
		await this.#store("sessionStorage", "way", way);
		await this.#store("localStorage", "client", JSON.stringify({ client_id }));
		await this.page.unroute(address);
		await this.page.goto(address);
		await this.#waitUntilConnected(way);
	}

	async switchTo(way: Way): Promise<void> {
		await this.page.getByLabel("Protocol").selectOption(way);
		await this.#waitUntilConnected(way);
	}

	async #waitUntilConnected(way: Way): Promise<void> {
		await this.page.getByText(`Connected with ${way === "stateless" ? "2026-07-28" : "2025-11-25"}`).waitFor();
	}

	/** A tool, resource or prompt, by what the protocol calls it. */
	card(name: string): Card {
		return new Card(this.page, name);
	}

	/** Reads a value that the page keeps for its tab. */
	async stored(key: string): Promise<string | null> {
		return this.page.evaluate<string | null>(`sessionStorage.getItem(${JSON.stringify(`playground:${key}`)})`);
	}

	/** Changes the tokens of this tab. */
	async changeTokens(change: Readonly<Record<string, string>>): Promise<void> {
		const tokens = { ...JSON.parse((await this.stored("tokens")) ?? "{}"), ...change };
		await this.#store("sessionStorage", "tokens", JSON.stringify(tokens));
	}

	async #store(store: "sessionStorage" | "localStorage", key: string, value: string): Promise<void> {
		await this.page.evaluate(`${store}.setItem("playground:${key}", ${JSON.stringify(value)})`);
	}
}

export class Card {
	readonly element: Locator;

	constructor(page: Page, name: string) {
		this.element = page.locator("details.call", { has: page.locator("summary code").getByText(name, { exact: true }) });
	}

	async fill(values: Readonly<Record<string, string>>): Promise<this> {
		await this.expand();
		for (const [label, value] of Object.entries(values)) {
			await this.field(label).fill(value);
		}
		return this;
	}

	async expand(): Promise<this> {
		if ((await this.element.getAttribute("open")) === null) await this.element.locator("summary").first().click();
		return this;
	}

	/** A field, by its name, which may have a title before it, or by its label. */
	field(label: string): Locator {
		return this.element.getByLabel(new RegExp(`^(.+ )?${escapeForRegExp(label)}( \\(optional\\))?$`));
	}

	/** Presses the button of the form, and does not wait for the answer. */
	async start(): Promise<void> {
		await this.expand();
		await this.element.locator("form > .buttons > button.primary").first().click();
	}

	async call(values: Readonly<Record<string, string>> = {}): Promise<Locator> {
		await this.fill(values);
		await this.start();
		await this.element.getByText("Done.").waitFor();
		return this.answer;
	}

	get status(): Locator {
		return this.element.locator(".status");
	}

	get answer(): Locator {
		return this.element.locator(".answer");
	}

	/** The sentence about what went wrong. */
	get problem(): Locator {
		return this.answer.locator(".problem");
	}

	get question(): Locator {
		return this.element.getByRole("form", { name: "The server asks" });
	}

	get cancelButton(): Locator {
		return this.element.getByRole("button", { name: "Cancel" });
	}
}

function escapeForRegExp(text: string): string {
	return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
