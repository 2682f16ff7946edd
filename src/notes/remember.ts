import { z } from "zod";
import type { Context } from "../mcp/context.ts";
import { defineTool } from "../mcp/define/tool.ts";
import { lineIcon } from "../pages/line-icon.ts";
import { MAX_NOTE_BYTES, MAX_NOTES, type NotesService, uriOf } from "./notes.ts";

const bytes = (text: string) => new TextEncoder().encode(text).length;

export const remember = defineTool({
	name: "remember",
	title: "Remember a note",
	summary: "Keeps a note for you.",
	icon: lineIcon('<path d="M6 3h12v18l-6-4-6 4z"/>'),
	description: `Keeps a note for the user, for this and every later conversation, in whichever app they use. A note holds at most ${MAX_NOTE_BYTES} bytes; of more than ${MAX_NOTES} notes the oldest is dropped.`,
	scope: "notes",
	needsUser: true,
	// Destructive: if the store is full, the oldest note is dropped.
	annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
	input: z.object({
		note: z
			.string()
			.trim()
			.overwrite((text) => text.toWellFormed())
			.min(1, "The note is empty. Say what to remember.")
			.refine((text) => bytes(text) <= MAX_NOTE_BYTES, {
				error: ({ input }) =>
					`A note holds at most ${MAX_NOTE_BYTES} bytes of UTF-8, and this one has ${bytes(String(input))}. Shorten it, or split it into several.`,
			})
			.meta({ title: "Note", description: "What to remember, in words that will make sense on their own" }),
	}),
	output: z.object({
		id: z.int().describe("The note's number"),
		uri: z.string().describe("The note as a resource"),
		count: z.int().describe("How many notes the user has now"),
		dropped: z.array(z.int()).describe("Numbers of the oldest notes, dropped to make room"),
	}),
	example: { note: "Buy milk" },
	async run({ note }, { notes }: Context<NotesService>) {
		const { note: kept, count, dropped } = await notes.add(note);
		const notice =
			dropped.length > 0 ? ` The oldest note (${dropped.join(", ")}) was dropped: there is room for ${MAX_NOTES}.` : "";
		const uri = uriOf(kept.id);
		return {
			content: [{ type: "text", text: `Remembered as note ${kept.id}.${notice}` }],
			structured: { id: kept.id, uri, count, dropped },
		};
	},
});
