/** The drawer with the messages of the protocol. Each that was sent has a command that sends it again. */
import type { JSONRPCMessage } from "@modelcontextprotocol/client";
import { h } from "../../browser/element.ts";
import type { SentMessage } from "./connection.ts";

/** Older messages make way for new ones. */
const MAX_MESSAGES = 200;
/** An image in a message would fill the drawer. */
const MAX_SHOWN_LENGTH = 20_000;

type Message = { readonly method?: string; readonly id?: string | number; readonly error?: unknown };

export class Messages {
	readonly #count = h("span", { className: "muted" }, "0");
	readonly #list = h("ol", { className: "messages" });
	readonly element = h("details", { className: "card drawer" }, h("summary", {}, "Messages ", this.#count), this.#list);
	/** What the requests that were sent ask for, by their ids. */
	readonly #asked = new Map<unknown, string>();

	sent(message: SentMessage): void {
		const { method, id } = parse(message.body ?? "") as Message;
		if (method !== undefined && id !== undefined) this.#asked.set(id, method);
		const hint = h(
			"p",
			{ className: "note muted" },
			"It takes the access token from the variable TOKEN of your shell.",
		);
		const curl = h("details", {}, h("summary", {}, "curl"), hint, h("pre", {}, curlOf(message)));
		this.#add("Sent", method ?? `${message.method} ${new URL(message.url).pathname}`, message.body, curl);
	}

	received(message: JSONRPCMessage): void {
		const text = JSON.stringify(message);
		const { method, id, error } = parse(text) as Message;
		const asked = this.#asked.get(id) ?? String(id);
		this.#add("Received", method ?? `${error === undefined ? "answer" : "error"} to ${asked}`, text);
	}

	#add(direction: "Sent" | "Received", title: string, body: string | undefined, ...more: HTMLElement[]): void {
		const text = body === undefined ? [] : [h("pre", {}, pretty(body))];
		const summary = h("summary", {}, h("span", { className: "muted" }, `${direction} `), h("code", {}, title));
		this.#list.append(h("li", {}, h("details", {}, summary, ...text, ...more)));
		if (this.#list.childElementCount > MAX_MESSAGES) this.#list.firstElementChild?.remove();
		this.#count.textContent = String(this.#list.childElementCount);
	}
}

/** A command for a shell, with the token as a variable. */
export function curlOf({ url, method, headers, body }: SentMessage): string {
	const lines = [`curl -N ${method === "GET" ? "" : `-X ${method} `}${quote(url)}`];
	for (const [name, value] of headers) {
		lines.push(name === "authorization" ? `-H "Authorization: Bearer $TOKEN"` : `-H ${quote(`${name}: ${value}`)}`);
	}
	if (body !== undefined) lines.push(`--data-raw ${quote(body)}`);
	return lines.join(" \\\n  ");
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function pretty(body: string): string {
	const text = JSON.stringify(parse(body), null, 2);
	return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
}

function parse(text: string): object {
	try {
		return Object(JSON.parse(text));
	} catch {
		return {};
	}
}
