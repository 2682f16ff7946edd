import { ResourceNotFoundError } from "@modelcontextprotocol/server";
import type { Context, UserContext } from "../mcp/context.ts";
import { defineResource } from "../mcp/define/resource.ts";
import { lineIcon } from "../pages/line-icon.ts";
import { idOf, type NotesService, titleOf, uriOf } from "./notes.ts";

/** The list is for people to pick from. The tool `recall` finds the other notes. */
const LISTED_NOTES = 100;

export const note = defineResource({
	name: "note",
	title: "Your notes",
	summary: "The notes that were kept for you, the newest first.",
	icon: lineIcon('<path d="M5 3h14v18H5z"/><path d="M9 8h6M9 12h6M9 16h3"/>'),
	description:
		"A note that the tool remember kept for you. The list shows the newest 100; the tool recall finds the rest.",
	scope: "notes",
	needsUser: true,
	mimeType: "text/plain",
	uri: "notes://{id}",
	async read(uri, { id = "" }, { notes }: Context<NotesService>) {
		const number = idOf(id);
		const found = number === undefined ? undefined : await notes.get(number);
		if (!found) throw new ResourceNotFoundError(uri);
		return { text: found.text };
	},
	async list({ notes }: UserContext<NotesService>) {
		const { notes: newest } = await notes.find("", LISTED_NOTES);
		return newest.map(({ id, text }) => ({
			uri: uriOf(id),
			name: `note-${id}`,
			title: titleOf(text),
			size: new TextEncoder().encode(text).length,
		}));
	},
	complete: {
		id: async (typed, { notes }: UserContext<NotesService>) => (await notes.ids(typed)).map(String),
	},
});
