/**
 * With `fetch`, the two tools that ChatGPT's connectors and deep research call. Names, arguments and results are those
 * that OpenAI asks for: one text with JSON, and the same as data.
 */
import { z } from "zod";
import type { Context } from "../mcp/context.ts";
import { defineTool } from "../mcp/define/tool.ts";
import { lineIcon } from "../pages/line-icon.ts";
import { MAX_QUERY_LENGTH, type NotesService, titleOf, uriOf } from "./notes.ts";

const MAX_RESULTS = 50;

export const search = defineTool({
	name: "search",
	title: "Search notes",
	summary: "Lists notes that contain some words, for ChatGPT’s deep research.",
	icon: lineIcon('<path d="M4 5h16M4 11h6M4 17h6"/><circle cx="15" cy="14" r="4"/><path d="m18 17 3 3"/>'),
	description: `Lists the newest ${MAX_RESULTS} of the user's notes that contain every word of the query, by id, title and URL. Use one to three words; an empty query lists all notes. fetch returns the text of a note.`,
	scope: "notes",
	needsUser: true,
	annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
	input: z.object({
		query: z
			.string()
			.max(MAX_QUERY_LENGTH)
			.meta({ title: "Search words", description: "Words that the notes contain; empty for all notes" }),
	}),
	output: z.object({
		results: z.array(
			z.object({
				id: z.string().describe("The note's id, for fetch"),
				title: z.string(),
				url: z.string().describe("The note as a resource of this server"),
			}),
		),
	}),
	example: { query: "milk" },
	async run({ query }, { notes }: Context<NotesService>) {
		const { notes: found } = await notes.find(query, MAX_RESULTS);
		const structured = {
			results: found.map(({ id, text }) => ({ id: String(id), title: titleOf(text), url: uriOf(id) })),
		};
		return { content: [{ type: "text", text: JSON.stringify(structured) }], structured };
	},
});
