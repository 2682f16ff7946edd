/** The drawer with the messages of the protocol. Each that was sent has a command that sends it again. */
import type { JSONRPCMessage } from "@modelcontextprotocol/client";
import type { SentMessage } from "./connection.ts";
import { h } from "./element.ts";

/** Older messages make way for new ones. */
const MAX_MESSAGES = 200;
/** An image in a message would fill the drawer. */
const MAX_SHOWN_LENGTH = 20_000;

export class Messages {
	readonly #count = h("span", { className: "muted" }, "0");
	readonly #list = h("ol", { className: "messages" });
	readonly element = h(
		"details",
		{ className: "card drawer" },
		h("summary", {}, "Messages ", this.#count),
		h("p", { className: "note muted" }, "The commands take the access token from the variable TOKEN of your shell."),
		this.#list,
	);

	sent(message: SentMessage): void {
		const title =
			message.body === undefined ? `${message.method} ${new URL(message.url).pathname}` : nameOf(message.body);
		const curl = h("details", {}, h("summary", {}, "curl"), h("pre", {}, curlOf(message)));
		this.#add("Sent", title, message.body, curl);
	}

	received(message: JSONRPCMessage): void {
		const text = JSON.stringify(message);
		this.#add("Received", nameOf(text), text);
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

function nameOf(body: string): string {
	const { method, id, error } = parse(body) as { method?: string; id?: string | number; error?: unknown };
	if (method !== undefined) return method;
	return `${error === undefined ? "result" : "error"} of ${id}`;
}

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
