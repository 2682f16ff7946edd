/** The prompts of this server. A new prompt is one file here, one line below, and one test. */
import type { Prompt } from "./define.ts";
import { summarizeNotes } from "./summarize-notes.ts";

export const prompts: readonly Prompt[] = [summarizeNotes];
