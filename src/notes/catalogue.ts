/** The catalogue items of the notes: three tools, a resource and a prompt. */
import { forget } from "./forget.ts";
import { note } from "./note.ts";
import { recall } from "./recall.ts";
import { remember } from "./remember.ts";
import { summarizeNotes } from "./summarize-notes.ts";

export const tools = [remember, recall, forget];
export const resources = [note];
export const prompts = [summarizeNotes];
