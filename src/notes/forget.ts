import { z } from "zod";
import { UserError } from "../errors.ts";
import type { Context } from "../mcp/context.ts";
import { defineTool } from "../mcp/define/tool.ts";
import { lineIcon } from "../pages/line-icon.ts";
import type { NotesService } from "./notes.ts";

export const forget = defineTool({
	name: "forget",
	title: "Forget a note",
	summary: "Deletes one of your notes.",
	icon: lineIcon('<path d="M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14"/>'),
	description: "Deletes one of the user's notes for good. recall tells its number.",
	scope: "notes",
	needsUser: true,
	annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
	input: z.object({
		id: z.int().positive().meta({ title: "Note number", description: "The number of the note, as recall shows it" }),
	}),
	output: z.object({ id: z.int() }),
	async run({ id }, { notes }: Context<NotesService>) {
		if (!(await notes.delete(id))) throw new UserError(`There is no note ${id}. recall lists those there are.`);
		return { content: [{ type: "text", text: `Note ${id} is deleted.` }], structured: { id } };
	},
});
