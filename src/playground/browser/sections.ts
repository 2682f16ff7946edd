/** The lists of tools, resources and prompts on the page. */
import type { Client } from "@modelcontextprotocol/client";
import { h } from "../../browser/element.ts";
import { type CardSettings, card, type Item } from "./calls.ts";
import { readCatalogue } from "./catalogue.ts";
import type { RunningCalls } from "./running-calls.ts";

export class Sections {
	readonly element = h("div");
	readonly #calls: RunningCalls;
	readonly #settings: CardSettings;
	#client: Client | undefined;
	/** By what the server says of the item: what has not changed stays, with what was typed and answered there. */
	#cards = new Map<string, HTMLElement>();

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
		const sections = await readCatalogue({ client, calls: this.#calls });
		const before = this.#cards;
		this.#cards = new Map();
		const cardOf = (item: Item) => {
			const key = JSON.stringify(item.definition);
			const element = before.get(key) ?? card(item, this.#settings);
			this.#cards.set(key, element);
			return element;
		};
		const shown = sections.filter(([, items]) => items.length > 0);
		const elements = shown.map(([title, items]) => h("section", {}, h("h2", {}, title), ...items.map(cardOf)));
		// A field that moves loses the focus.
		if (`${[...before.keys()]}` !== `${[...this.#cards.keys()]}`) this.element.replaceChildren(...elements);
	}
}
