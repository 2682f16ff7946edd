/** The questions that a tool asks the user, as forms. */
import type { ElicitRequestFormParams, ElicitResult } from "@modelcontextprotocol/client";
import { h } from "../../browser/element.ts";
import { schemaForm } from "./schema-form.ts";

/** Shows a question in a place of the page, and takes it away once it is answered, or the call has ended. */
export function askIn(
	place: HTMLElement,
	question: ElicitRequestFormParams,
	signal: AbortSignal,
	note?: string,
): Promise<ElicitResult> {
	const { promise, resolve } = Promise.withResolvers<ElicitResult>();
	const { elements, read } = schemaForm(question.requestedSchema);
	const problem = h("p", { className: "problem", role: "alert", hidden: true });
	const decline = h("button", { type: "button" }, "Decline");
	const form = h(
		"form",
		{ className: "question", attributes: { "aria-label": "The server asks" } },
		h("p", { className: "asked" }, question.message),
		...(note === undefined ? [] : [h("p", { className: "note muted" }, note)]),
		...elements,
		problem,
		h("div", { className: "buttons" }, h("button", { type: "submit", className: "primary" }, "Answer"), decline),
	);
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		try {
			// The fields are those of the question, whose schema allows no others.
			resolve({ action: "accept", content: read() as NonNullable<ElicitResult["content"]> });
		} catch (error) {
			problem.textContent = error instanceof Error ? error.message : String(error);
			problem.hidden = false;
		}
	});
	decline.addEventListener("click", () => resolve({ action: "decline" }));
	if (signal.aborted) return Promise.resolve({ action: "cancel" });
	signal.addEventListener("abort", () => resolve({ action: "cancel" }));
	place.append(form);
	form.querySelector<HTMLElement>("input, textarea, select")?.focus();
	return promise.finally(() => form.remove());
}
