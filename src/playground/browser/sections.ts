/** The lists of tools, resources and prompts on the page. */
import type { Client } from "@modelcontextprotocol/client";
import { h } from "../../browser/element.ts";
import { type CardSettings, card } from "./calls.ts";
import { readCatalogue } from "./catalogue.ts";
import type { RunningCalls } from "./running-calls.ts";

export class Sections {
	readonly element = h("div");
	readonly #calls: RunningCalls;
	readonly #settings: CardSettings;
	#client: Client | undefined;
	/** By what the server says of the item: what has not changed stays, with what was typed and answered there. */
	#cards = new Map<string, HTMLElement>();
	/** By title. */
	readonly #sections = new Map<string, HTMLElement>();
	/** How often the lists were read, and which of these readings is on the page. */
	#readings = 0;
	#shown = 0;

	constructor(calls: RunningCalls, settings: CardSettings) {
		this.#calls = calls;
		this.#settings = settings;
	}

	get cards(): readonly HTMLElement[] {
		return [...this.#cards.values()];
	}

	async show(client: Client): Promise<void> {
		this.#client = client;
		await this.update();
	}

	/** Reads the lists again. */
	async update(): Promise<void> {
		const client = this.#client;
		if (!client || this.#settings.signal.aborted) return;
		const reading = ++this.#readings;
		const catalogue = await readCatalogue({ client, calls: this.#calls });
		// A later reading has come first.
		if (reading < this.#shown) return;
		this.#shown = reading;
		const before = this.#cards;
		this.#cards = new Map();
		for (const [title, items] of catalogue) {
			const cards = items.map((item) => {
				const key = JSON.stringify(item.definition);
				const element = before.get(key) ?? card(item, this.#settings);
				this.#cards.set(key, element);
				return element;
			});
			place(this.#sectionOf(title), cards);
		}
	}

	#sectionOf(title: string): HTMLElement {
		const known = this.#sections.get(title);
		if (known) return known;
		const section = h("section", {}, h("h2", {}, title));
		this.#sections.set(title, section);
		this.element.append(section);
		return section;
	}
}

/** Shows cards below the heading. What stays is not moved: a field would lose the focus, and a view would start anew. */
function place(section: HTMLElement, cards: readonly HTMLElement[]): void {
	const [heading, ...shown] = section.children;
	for (const one of shown) if (!cards.some((card) => card === one)) one.remove();
	let last = heading;
	for (const card of cards) {
		if (last?.nextElementSibling !== card) last?.after(card);
		last = card;
	}
	section.hidden = cards.length === 0;
}
