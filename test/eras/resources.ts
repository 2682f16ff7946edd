/** Resources: their lists and their contents. */

import { breakNotes, withNotes } from "../support/notes.ts";
import { type Row, withoutScope } from "../support/rows/row.ts";
import { answer, error } from "../support/wire.ts";

const NOTES = ["Buy milk\nand bread", "Größe"];
const read = (uri: unknown): Pick<Row, "method" | "params"> => ({ method: "resources/read", params: { uri } });
// Every era has this code: the SDK also answers the older ones with it, in place of -32002. `data` tells what it means.
const notFound = (uri: string) => error(-32602, `Resource not found: ${uri}`, { uri });
const mimeType = "text/plain";

export const RESOURCE_ROWS: Row[] = [
	{
		what: "to those who may",
		method: "resources/templates/list",
		expected: answer({
			resourceTemplates: [
				{
					uriTemplate: "notes://{id}",
					name: "note",
					title: "Your notes",
					description:
						"A note that the tool remember kept for you. The list shows the newest 100; the tool recall finds the rest.",
					mimeType,
				},
			],
		}),
	},
	{
		what: "to those who may not",
		method: "resources/templates/list",
		lacks: "notes",
		expected: answer({ resourceTemplates: [] }),
	},
	{
		what: "to those who may",
		method: "resources/list",
		prepare: withNotes(NOTES),
		expected: answer({
			resources: [
				{ uri: "notes://2", name: "note-2", title: "Größe", size: 7, mimeType },
				{ uri: "notes://1", name: "note-1", title: "Buy milk", size: 18, mimeType },
			],
		}),
	},
	{
		what: "to those who have none",
		method: "resources/list",
		prepare: withNotes([]),
		expected: answer({ resources: [] }),
	},
	{
		what: "to those who may not",
		method: "resources/list",
		prepare: withNotes(NOTES),
		lacks: "notes",
		expected: answer({ resources: [] }),
	},
	{
		what: "of a store that fails",
		method: "resources/list",
		prepare: breakNotes,
		expected: error(
			-32603,
			"note failed unexpectedly. Contact the server's administrator and mention request ID <id>.",
		),
	},
	{
		what: "a note",
		...read("notes://1"),
		prepare: withNotes(NOTES),
		expected: answer({ contents: [{ uri: "notes://1", mimeType, text: "Buy milk\nand bread" }] }),
	},
	{
		what: "a note that does not exist",
		...read("notes://3"),
		prepare: withNotes(NOTES),
		expected: notFound("notes://3"),
	},
	{
		what: "a number that no note has",
		...read("notes://01"),
		prepare: withNotes(NOTES),
		expected: notFound("notes://01"),
	},
	{ what: "a URI of no resource", ...read("fly://1"), prepare: withNotes(NOTES), expected: notFound("fly://1") },
	{
		what: "no URI at all",
		...read("1"),
		expected: error(-32602, "Resource URI 1 is invalid", { uri: "1", reason: "invalid_uri" }),
	},
	{
		what: "a URI of another type",
		...read(7),
		expected: error(-32602, "Invalid params: uri: expected string, received number"),
	},
	withoutScope("notes", "note", read("notes://1"), (sentence) => error(-32600, sentence)),
	{
		what: "from a store that fails",
		...read("notes://1"),
		prepare: breakNotes,
		expected: error(
			-32603,
			"note failed unexpectedly. Contact the server's administrator and mention request ID <id>.",
		),
	},
];
