/** The catalogue items of the notes: tools, a resource, a prompt and a skill. */
import { fetchNote } from "./fetch.ts";
import { forget } from "./forget.ts";
import { keepNotes } from "./keep-notes.ts";
import { note } from "./note.ts";
import { recall } from "./recall.ts";
import { remember } from "./remember.ts";
import { search } from "./search.ts";
import { summarizeNotes } from "./summarize-notes.ts";

export const tools = [remember, recall, forget, search, fetchNote];
export const resources = [note];
export const prompts = [summarizeNotes];
export const skills = [keepNotes];
