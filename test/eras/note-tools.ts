/** The tools that keep, find and delete notes. */

import { breakNotes, withNotes } from "../support/notes.ts";
import { call, callWithoutScope, type Row } from "../support/rows/row.ts";
import { failed, said } from "../support/wire.ts";

const INVALID = "Input validation error: Invalid arguments for tool";
const NOTES = ["Buy milk", "Call Ada about milk"];
const createdAt = "<date>";
const crashed = (tool: string) =>
	failed(`${tool} failed unexpectedly. Contact the server's administrator and mention request ID <id>.`);

export const NOTE_ROWS: Row[] = [
	call(
		"good",
		"a first note",
		"remember",
		{ note: " Buy milk " },
		said("Remembered as note 1.", { id: 1, uri: "notes://1", count: 1, dropped: [] }),
		{ prepare: withNotes([]) },
	),
	call(
		"good",
		"another note",
		"remember",
		{ note: "Größe: 42 🦆" },
		said("Remembered as note 3.", { id: 3, uri: "notes://3", count: 3, dropped: [] }),
		{ prepare: withNotes(NOTES) },
	),
	call(
		"bad input",
		"no note",
		"remember",
		{},
		failed(`${INVALID} remember: note: Invalid input: expected string, received undefined`),
	),
	call(
		"bad input",
		"an empty note",
		"remember",
		{ note: " \n" },
		failed(`${INVALID} remember: note: The note is empty. Say what to remember.`),
	),
	call(
		"bad input",
		"a note that is too long",
		"remember",
		{ note: "é".repeat(2049) },
		failed(
			`${INVALID} remember: note: A note holds at most 4096 bytes of UTF-8, and this one has 4098. Shorten it, or split it into several.`,
		),
	),
	callWithoutScope("notes", "remember", { note: "Buy milk" }),
	call("crash", "a store that fails", "remember", { note: "Buy milk" }, crashed("remember"), {
		prepare: breakNotes,
	}),

	call("good", "nothing to find", "recall", {}, said("There are no notes yet.", { notes: [], total: 0 }), {
		prepare: withNotes([]),
	}),
	call(
		"good",
		"all notes",
		"recall",
		{},
		said(["2 notes.", `Note 2, ${createdAt}:\n${NOTES[1]}`, `Note 1, ${createdAt}:\n${NOTES[0]}`], {
			notes: [
				{ id: 2, text: NOTES[1], createdAt },
				{ id: 1, text: NOTES[0], createdAt },
			],
			total: 2,
		}),
		{ prepare: withNotes(NOTES) },
	),
	call(
		"good",
		"one note",
		"recall",
		{ query: "MILK ada" },
		said(["1 note.", `Note 2, ${createdAt}:\n${NOTES[1]}`], {
			notes: [{ id: 2, text: NOTES[1], createdAt }],
			total: 1,
		}),
		{ prepare: withNotes(NOTES) },
	),
	call(
		"good",
		"no note of these words",
		"recall",
		{ query: " tea " },
		said("No note contains “tea”.", { notes: [], total: 0 }),
		{ prepare: withNotes(NOTES) },
	),
	call(
		"bad input",
		"a query of another type",
		"recall",
		{ query: 7 },
		failed(`${INVALID} recall: query: Invalid input: expected string, received number`),
	),
	call(
		"bad input",
		"a query that is too long",
		"recall",
		{ query: "x".repeat(201) },
		failed(`${INVALID} recall: query: Too big: expected string to have <=200 characters`),
	),
	callWithoutScope("notes", "recall", {}),
	call("crash", "a store that fails", "recall", {}, crashed("recall"), { prepare: breakNotes }),

	call("good", "a note", "forget", { id: 2 }, said("Note 2 is deleted.", { id: 2 }), { prepare: withNotes(NOTES) }),
	call(
		"refused",
		"a note that does not exist",
		"forget",
		{ id: 3 },
		failed("There is no note 3. recall lists those there are."),
		{
			prepare: withNotes(NOTES),
		},
	),
	call(
		"bad input",
		"no number",
		"forget",
		{ id: "1" },
		failed(`${INVALID} forget: id: Invalid input: expected number, received string`),
	),
	call(
		"bad input",
		"a number that no note has",
		"forget",
		{ id: 0 },
		failed(`${INVALID} forget: id: Too small: expected number to be >0`),
	),
	callWithoutScope("notes", "forget", { id: 1 }),
	call("crash", "a store that fails", "forget", { id: 1 }, crashed("forget"), { prepare: breakNotes }),
];
