/** A person at a browser without JavaScript: keeps cookies, reads forms, ticks boxes, presses buttons. */
import { type HTMLElement, parse } from "node-html-parser";

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

export type Answers = {
	/** Typed on the built-in sign-in page. */
	email?: string;
	/** Typed on the pages of identity providers. */
	login?: string;
	password?: string;
	/** Boxes to tick on the sign-in page. */
	permissions?: string[];
	/** Boxes to tick on the consent page; all, if left out; "as shown" leaves the page as it is. */
	scopes?: string[] | "as shown";
	decision?: "approve" | "deny";
	/** Which of several providers' buttons to press on the consent page. */
	provider?: string;
	/** Whether to press Cancel at the identity provider. */
	declines?: boolean;
	/** Changes the address with which the provider sends the browser back, as an attacker would. */
	alterCallback?: (callback: URL) => void;
};

export class Person {
	readonly #fetch: Fetch;
	/** By origin. Paths and attributes are not looked at: every page of an origin gets every cookie of it. */
	readonly #cookies = new Map<string, Map<string, string>>();

	constructor(fetch: Fetch) {
		this.#fetch = fetch;
	}

	async get(url: string): Promise<Response> {
		return this.#send(url, {});
	}

	async post(url: string, fields: [string, string][]): Promise<Response> {
		const headers = { Origin: new URL(url).origin };
		return this.#send(url, { method: "POST", headers, body: new URLSearchParams(fields) });
	}

	/** Walks consent and sign-in from an authorization URL, and returns where the browser is sent in the end. */
	async authorize(authorizationUrl: string, answers: Answers = {}): Promise<URL> {
		const { url, response } = await this.walk(authorizationUrl, answers);
		if (!response) return url;
		throw new Error(`${url.host}${url.pathname} answered ${response.status}: ${readText(await response.text())}`);
	}

	/**
	 * Walks as far as it goes: to an address of the client's, which is not ours to open and has no response here, or
	 * to a page that is no form to fill in.
	 */
	async walk(authorizationUrl: string, answers: Answers = {}): Promise<{ url: URL; response?: Response }> {
		const start = new URL(authorizationUrl);
		const client = start.searchParams.get("redirect_uri") ?? "no client";
		let url = start;
		let response = await this.get(url.href);
		for (let step = 0; step < 20; step++) {
			const location = response.headers.get("Location");
			if (location) {
				const next = new URL(location, url);
				if (next.href.startsWith(client)) return { url: next };
				if (next.origin === start.origin && next.pathname === "/callback") answers.alterCallback?.(next);
				url = next;
				response = await this.get(url.href);
				continue;
			}
			if (response.status !== 200) return { url, response };
			const html = await response.text();
			const way = answers.declines && url.origin !== start.origin ? cancelLink(html) : undefined;
			if (way !== undefined) {
				url = new URL(way, url);
				response = await this.get(url.href);
				continue;
			}
			const { action, fields } = fillIn(html, answers);
			url = new URL(action, url);
			response = await this.post(url.href, fields);
		}
		throw new Error("The sign-in never ended");
	}

	/** The Cookie header that this browser sends to an origin. */
	cookiesOf(origin: string): string {
		return [...(this.#cookies.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
	}

	async #send(url: string, init: RequestInit): Promise<Response> {
		const { origin } = new URL(url);
		const cookies = this.#cookies.get(origin) ?? new Map<string, string>();
		this.#cookies.set(origin, cookies);
		const headers = new Headers(init.headers);
		headers.set("Accept", "text/html");
		const cookie = this.cookiesOf(origin);
		if (cookie) headers.set("Cookie", cookie);
		const response = await this.#fetch(url, { ...init, headers, redirect: "manual" });
		for (const line of response.headers.getSetCookie()) {
			const [pair = "", ...attributes] = line.split(";");
			const [name = "", ...value] = pair.split("=");
			if (attributes.some(isExpiry)) cookies.delete(name.trim());
			else cookies.set(name.trim(), value.join("="));
		}
		return response;
	}
}

/** Whether a cookie's attribute ends it. */
function isExpiry(attribute: string): boolean {
	return /^\s*(max-age=0|expires=.* 1970 .*)$/i.test(attribute);
}

function cancelLink(html: string): string | undefined {
	const link = parse(html)
		.querySelectorAll("a")
		.find(({ text }) => text.includes("Cancel"));
	return link?.getAttribute("href");
}

/** The fields that pressing a page's button would post. */
export function fillIn(html: string, answers: Answers): { action: string; fields: [string, string][] } {
	const form = parse(html).querySelector("form");
	if (!form) throw new Error(`No form on the page: ${readText(html)}`);
	const fields: [string, string][] = [];
	for (const input of form.querySelectorAll("input")) {
		const value = fieldValue(input, answers);
		if (value !== undefined) fields.push([input.getAttribute("name") ?? "", value]);
	}
	if (form.querySelector("button[name=decision]")) fields.push(["decision", answers.decision ?? "approve"]);
	const own = form
		.querySelectorAll("button[formaction]")
		.map((button) => button.getAttribute("formaction") ?? "")
		.find((action) => action.endsWith(`?provider=${answers.provider}`));
	return { action: own ?? form.getAttribute("action") ?? "", fields };
}

function fieldValue(input: HTMLElement, answers: Answers): string | undefined {
	const value = input.getAttribute("value") ?? "";
	switch (input.getAttribute("name")) {
		case "email":
			return answers.email ?? "alice@example.com";
		case "login":
			return answers.login ?? "alice";
		case "password":
			return answers.password ?? "anything";
		case "permission":
			return answers.permissions?.includes(value) ? value : undefined;
		case "scope":
			return isTicked(input, value, answers.scopes) ? value : undefined;
		default:
			return value;
	}
}

function isTicked(box: HTMLElement, value: string, scopes: Answers["scopes"]): boolean {
	if (scopes === "as shown") return box.hasAttribute("checked");
	return scopes?.includes(value) ?? true;
}

/** A page's text, without markup. */
export function readText(html: string): string {
	return parse(html).querySelector("body")?.structuredText ?? html;
}
