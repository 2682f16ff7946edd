/** A card for each tool, resource and prompt: a form, a button that calls it, and its answer. */
import type { Progress } from "@modelcontextprotocol/client";
import { h } from "../../browser/element.ts";
import { problem } from "./result.ts";
import type { RunningCall } from "./running-calls.ts";
import type { SchemaForm } from "./schema-form.ts";

export type CallControl = RunningCall & {
	readonly onprogress: (progress: Progress) => void;
	/** @returns a sentence for an error of a later call that the answer makes */
	explain(error: unknown): string;
};

export type Item = {
	/** What the server says of it. */
	readonly definition: unknown;
	readonly title: string;
	readonly name: string;
	readonly description: string | undefined;
	/** What the button says. */
	readonly verb: string;
	readonly form: SchemaForm;
	call(args: Record<string, unknown>, control: CallControl): Promise<readonly HTMLElement[]>;
};

export type CardSettings = {
	/** Fires when the connection is left. */
	readonly signal: AbortSignal;
	/** @returns a sentence for an error of a call */
	explain(error: unknown, card: HTMLElement): string;
};

export function card({ title, name, description, verb, form, call }: Item, settings: CardSettings): HTMLElement {
	const submit = h("button", { type: "submit", className: "primary" }, verb);
	const cancel = h("button", { type: "button", hidden: true }, "Cancel");
	const status = h("p", { className: "muted status", role: "status" });
	const place = h("div");
	const answer = h("div", { className: "answer" });
	const element = h("form", {}, ...form.elements, h("div", { className: "buttons" }, submit, cancel));
	const heading = h(
		"summary",
		{},
		h("span", { className: "title" }, title),
		" ",
		h("code", { className: "muted" }, name),
	);
	const text = description === undefined ? [] : [h("p", {}, description)];
	const details = h("details", { className: "card call" }, heading, ...text, element, status, place, answer);
	// A click on the button twice would otherwise be two calls.
	let isBusy = false;
	element.addEventListener("submit", async (event) => {
		event.preventDefault();
		if (isBusy) return;
		const aborter = new AbortController();
		const signal = AbortSignal.any([aborter.signal, settings.signal]);
		cancel.onclick = () => aborter.abort();
		const setBusy = (value: boolean) => {
			isBusy = value;
			submit.disabled = value;
			cancel.hidden = !value;
		};
		const finish = (sentence: string, ...elements: readonly HTMLElement[]) => {
			status.textContent = sentence;
			answer.replaceChildren(...elements);
		};
		setBusy(true);
		finish("Waiting for the server…");
		try {
			const onprogress = ({ progress, total, message }: Progress) => {
				const count = `${progress}${total === undefined ? "" : ` of ${total}`}`;
				status.textContent = message === undefined ? count : `${message} (${count})`;
			};
			const explain = (error: unknown) => settings.explain(error, details);
			const elements = await call(form.read(), { title, signal, onprogress, place, explain });
			if (signal.aborted) finish("Cancelled.");
			else finish("Done.", ...elements);
		} catch (error) {
			if (signal.aborted) finish("Cancelled.");
			else finish("", problem(settings.explain(error, details)));
		} finally {
			setBusy(false);
		}
	});
	return details;
}
