/** A card for each tool, resource and prompt: a form, a button that calls it, and its answer. */
import type { Progress } from "@modelcontextprotocol/client";
import { h } from "./element.ts";
import { problem } from "./result.ts";
import type { SchemaForm } from "./schema-form.ts";

export type CallControl = {
	readonly signal: AbortSignal;
	readonly onprogress: (progress: Progress) => void;
	/** Where questions are asked. */
	readonly place: HTMLElement;
};

export type Item = {
	readonly title: string;
	readonly name: string;
	readonly description: string | undefined;
	/** What the button says. */
	readonly verb: string;
	readonly form: SchemaForm;
	call(args: Record<string, unknown>, control: CallControl): Promise<readonly HTMLElement[]>;
	/** A sentence for an error. */
	explain(error: unknown): string;
};

export function card({ title, name, description, verb, form, call, explain }: Item): HTMLElement {
	const submit = h("button", { type: "submit", className: "primary" }, verb);
	const cancel = h("button", { type: "button", hidden: true }, "Cancel");
	const status = h("p", { className: "muted status", role: "status" });
	const place = h("div");
	const answer = h("div", { className: "answer" });
	const element = h("form", {}, ...form.elements, h("div", { className: "buttons" }, submit, cancel));
	element.addEventListener("submit", async (event) => {
		event.preventDefault();
		const aborter = new AbortController();
		const onCancel = () => aborter.abort();
		cancel.addEventListener("click", onCancel);
		const setBusy = (isBusy: boolean) => {
			submit.disabled = isBusy;
			cancel.hidden = !isBusy;
		};
		setBusy(true);
		answer.replaceChildren();
		status.textContent = "Waiting for the server…";
		try {
			const onprogress = ({ progress, total, message }: Progress) => {
				status.textContent = message ?? `${progress}${total === undefined ? "" : ` of ${total}`}`;
			};
			const elements = await call(form.read(), { signal: aborter.signal, onprogress, place });
			if (!aborter.signal.aborted) answer.replaceChildren(...elements);
			status.textContent = aborter.signal.aborted ? "Cancelled." : "Done.";
		} catch (error) {
			status.textContent = aborter.signal.aborted ? "Cancelled." : "";
			if (!aborter.signal.aborted) answer.replaceChildren(problem(explain(error)));
		} finally {
			cancel.removeEventListener("click", onCancel);
			setBusy(false);
		}
	});
	const heading = h(
		"summary",
		{},
		h("span", { className: "title" }, title),
		" ",
		h("code", { className: "muted" }, name),
	);
	const text = description === undefined ? [] : [h("p", {}, description)];
	return h("details", { className: "card call" }, heading, ...text, element, status, place, answer);
}
