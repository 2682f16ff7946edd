/** Shows the notes that recall found. */
import { h } from "../browser/element.ts";
import { openView, statusLine, textOf } from "../browser/view.ts";

type Found = { readonly notes: readonly { readonly id: number; readonly text: string; readonly createdAt: string }[] };

const status = statusLine();
const list = h("ol", { className: "notes" });
const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

await openView({
	title: "Notes",
	elements: [list],
	status,
	show(result) {
		const { notes = [] }: Partial<Found> = Object(result.structuredContent);
		const items = notes.map(({ id, text, createdAt }) =>
			h(
				"li",
				{},
				text,
				h(
					"p",
					{ className: "muted" },
					`Note ${id}, `,
					h("time", { dateTime: createdAt }, when.format(new Date(createdAt))),
				),
			),
		);
		list.replaceChildren(...items);
		// The first line says how many there are.
		status.textContent = textOf({ content: result.content.slice(0, 1) });
	},
});
