/** The second of the two tools that ChatGPT's connectors and deep research call; `search` is the first. */
import { z } from "zod";
import { UserError } from "../errors.ts";
import type { Context } from "../mcp/context.ts";
import { defineTool } from "../mcp/define/tool.ts";
import { lineIcon } from "../pages/line-icon.ts";
import { idOf, type NotesService, titleOf, uriOf } from "./notes.ts";

export const fetchNote = defineTool({
	name: "fetch",
	title: "Fetch a note",
	summary: "Reads one note in full, for ChatGPT’s deep research.",
	icon: lineIcon('<path d="M6 3h9l4 4v14H6z"/><path d="M12 9v7m-3-3 3 3 3-3"/>'),
	description: "Returns the full text of one of the user's notes, by the id that search returned.",
	scope: "notes",
	needsUser: true,
	annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
	input: z.object({ id: z.string().meta({ title: "Note ID", description: "A note's id, as search returned it" }) }),
	output: z.object({
		id: z.string(),
		title: z.string(),
		text: z.string().describe("The whole note"),
		url: z.string().describe("The note as a resource of this server"),
		metadata: z.object({ createdAt: z.string().describe("When it was noted, ISO 8601 in UTC") }),
	}),
	async run({ id }, { notes }: Context<NotesService>) {
		const number = idOf(id);
		const note = number === undefined ? undefined : await notes.get(number);
		if (!note) throw new UserError("There is no note with this id. search lists the ids of those there are.");
		const { text, createdAt } = note;
		const structured = { id, title: titleOf(text), text, url: uriOf(note.id), metadata: { createdAt } };
		return { content: [{ type: "text", text: JSON.stringify(structured) }], structured };
	},
});
