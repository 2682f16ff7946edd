/** A person at a browser without JavaScript: keeps cookies, reads forms, ticks boxes, presses buttons. */
import { type HTMLElement, parse } from "node-html-parser";

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

export type Answers = {
	email?: string;
	password?: string;
	/** Boxes to tick on the sign-in page. */
	permissions?: string[];
	/** Boxes to leave ticked on the consent page; all, if left out. */
	scopes?: string[];
	decision?: "approve" | "deny";
};

export class Person {
	readonly #fetch: Fetch;
	readonly #cookies = new Map<string, string>();

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
		const start = new URL(authorizationUrl);
		let response = await this.get(authorizationUrl);
		let url = start;
		for (let step = 0; step < 10; step++) {
			const location = response.headers.get("Location");
			if (location) {
				const next = new URL(location, url);
				// The client's own page: not ours to open.
				if (next.origin !== start.origin || !["/authorize", "/sign-in", "/callback"].includes(next.pathname))
					return next;
				url = next;
				response = await this.get(url.href);
				continue;
			}
			const html = await response.text();
			if (response.status !== 200) throw new Error(`${url.pathname} answered ${response.status}: ${readText(html)}`);
			const { action, fields } = fillIn(html, answers);
			url = new URL(action, url);
			response = await this.post(url.href, fields);
		}
		throw new Error("The sign-in never ended");
	}

	async #send(url: string, init: RequestInit): Promise<Response> {
		const headers = new Headers(init.headers);
		headers.set("Accept", "text/html");
		const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
		if (cookie) headers.set("Cookie", cookie);
		const response = await this.#fetch(url, { ...init, headers, redirect: "manual" });
		for (const line of response.headers.getSetCookie()) {
			const [pair = "", ...attributes] = line.split(";");
			const [name = "", ...value] = pair.split("=");
			if (attributes.some((attribute) => /max-age=0$/i.test(attribute.trim()))) this.#cookies.delete(name.trim());
			else this.#cookies.set(name.trim(), value.join("="));
		}
		return response;
	}
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
	return { action: form.getAttribute("action") ?? "", fields };
}

function fieldValue(input: HTMLElement, answers: Answers): string | undefined {
	const value = input.getAttribute("value") ?? "";
	switch (input.getAttribute("name")) {
		case "email":
			return answers.email ?? "alice@example.com";
		case "password":
			return answers.password ?? "anything";
		case "permission":
			return answers.permissions?.includes(value) ? value : undefined;
		case "scope":
			return (answers.scopes?.includes(value) ?? true) ? value : undefined;
		default:
			return value;
	}
}

/** A page's text, without markup. */
export function readText(html: string): string {
	return parse(html).querySelector("body")?.structuredText ?? html;
}
