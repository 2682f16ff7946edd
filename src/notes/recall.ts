import { z } from "zod";
import type { Context } from "../mcp/context.ts";
import { defineTool } from "../mcp/define/tool.ts";
import { lineIcon } from "../pages/line-icon.ts";
import { MAX_QUERY_LENGTH, type NotesService } from "./notes.ts";

/** The maximum number of notes in one result. At 4 KB each, they stay below the limits of clients. */
const MAX_RECALLED = 20;

export const recall = defineTool({
	name: "recall",
	title: "Recall notes",
	summary: "Finds the notes that were kept for you.",
	icon: lineIcon('<circle cx="11" cy="11" r="7"/><path d="m16 16 5 5"/>'),
	description: `Finds notes that remember kept for the user: those that contain every word of the query, or all without one. Answers with the newest ${MAX_RECALLED} and how many there are.`,
	scope: "notes",
	needsUser: true,
	annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
	input: z.object({
		query: z
			.string()
			.max(MAX_QUERY_LENGTH)
			.default("")
			.meta({ title: "Search words", description: "Words that the notes contain; empty for all notes" }),
	}),
	output: z.object({
		notes: z.array(
			z.object({ id: z.int(), text: z.string(), createdAt: z.string().describe("When it was noted, ISO 8601 in UTC") }),
		),
		total: z.int().describe("How many notes match; the answer holds the newest"),
	}),
	example: { query: "milk" },
	view: { name: "recall", title: "Notes", description: "Shows the notes that were found." },
	async run({ query }, { notes }: Context<NotesService>) {
		const { notes: found, total } = await notes.find(query, MAX_RECALLED);
		return {
			content: [{ type: "text", text: headingFor(found.length, total, query.trim()) }, ...found.map(asText)],
			structured: { notes: found, total },
		};
	},
});

function headingFor(shown: number, total: number, query: string): string {
	if (total === 0) return query === "" ? "There are no notes yet." : `No note contains “${query}”.`;
	if (shown < total) return `The newest ${shown} of ${total} notes. Narrow the query to see others.`;
	return total === 1 ? "1 note." : `${total} notes.`;
}

function asText({ id, text, createdAt }: { id: number; text: string; createdAt: string }) {
	return { type: "text" as const, text: `Note ${id}, ${createdAt}:\n${text}` };
}
