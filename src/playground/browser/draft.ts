/** What the user typed at a card, over a sign-in. */
import type { Store } from "./oauth.ts";

const KEY = "playground:draft";

type Draft = { readonly name: string; readonly values: readonly (string | boolean)[] };

const nameOf = (card: Element) => card.querySelector("summary code")?.textContent ?? "";
const controlsOf = (card: Element) => [
	...card.querySelectorAll<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>("input, textarea, select"),
];
const isBox = (control: Element): control is HTMLInputElement =>
	control instanceof HTMLInputElement && control.type === "checkbox";

export function keepDraft(store: Store, card: HTMLElement): void {
	const values = controlsOf(card).map((control) => (isBox(control) ? control.checked : control.value));
	const draft: Draft = { name: nameOf(card), values };
	store.setItem(KEY, JSON.stringify(draft));
}

/** Opens the card again, with what was typed. */
export function restoreDraft(store: Store, cards: readonly HTMLElement[]): void {
	const text = store.getItem(KEY);
	store.removeItem(KEY);
	if (text === null) return;
	const { name, values }: Draft = JSON.parse(text);
	const card = cards.find((one) => nameOf(one) === name);
	if (!card) return;
	card.setAttribute("open", "");
	for (const [index, control] of controlsOf(card).entries()) {
		const value = values[index];
		if (isBox(control)) control.checked = value === true;
		else if (typeof value === "string") control.value = value;
	}
	card.scrollIntoView({ block: "center" });
}
