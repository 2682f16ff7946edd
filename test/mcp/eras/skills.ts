/** Skills: their list, their entries, and their files, which are resources. */
import { expect } from "vitest";
import { type Row, withoutScope } from "../../support/rows/row.ts";
import { answer, error } from "../../support/wire.ts";

const uri = "skill://recite-well/SKILL.md";
const text =
	'---\nname: recite-well\ndescription: "How to recite: \\"slowly\\", and with pauses."\n---\n\n# Recite well\n\nTake your time.\n';
const guide = "skill://recite-well/references/pauses.md";
const SKILL = {
	uri,
	frontmatter: { name: "recite-well", description: 'How to recite: "slowly", and with pauses.' },
	resources: [
		{ uri, digest: expect.stringMatching(/^sha256:[\da-f]{64}$/), size: text.length },
		{ uri: guide, digest: expect.stringMatching(/^sha256:[\da-f]{64}$/), size: "Breathe.".length },
	],
};
const get = (at: unknown): Pick<Row, "method" | "params"> => ({ method: "skills/get", params: { uri: at } });

const directory = (at: string): Pick<Row, "method" | "params"> => ({
	method: "resources/directory/read",
	params: { uri: at },
});

export const SKILL_ROWS: Row[] = [
	{ what: "to those who may", method: "skills/list", expected: answer({ skills: [SKILL] }) },
	{ what: "to those who may not", method: "skills/list", lacks: "notes", expected: answer({ skills: [] }) },
	{
		what: "with a cursor",
		method: "skills/list",
		params: { cursor: "1" },
		expected: error(
			-32602,
			"Invalid params: cursor: this server gave out no such cursor, since its lists have one page",
		),
	},
	{ what: "that there is", ...get(uri), expected: answer({ skill: SKILL }) },
	{
		what: "that does not exist",
		...get("skill://fly/SKILL.md"),
		expected: error(-32602, "No skill is served at skill://fly/SKILL.md"),
	},
	{ what: "at no URI", ...get(7), expected: error(-32602, "Invalid params: uri: expected string, received number") },
	withoutScope("notes", "recite-well", get(uri), (sentence) => error(-32600, sentence)),
	{
		what: "of a skill",
		...directory("skill://recite-well"),
		expected: answer({
			resources: [
				{ uri: "skill://recite-well/references", name: "references", mimeType: "inode/directory" },
				{ uri, name: "SKILL.md", mimeType: "text/markdown" },
			],
		}),
	},
	{
		what: "of a folder",
		...directory("skill://recite-well/references"),
		expected: answer({ resources: [{ uri: guide, name: "pauses.md", mimeType: "text/markdown" }] }),
	},
	{ what: "of a file", ...directory(uri), expected: error(-32602, `${uri} is not a directory resource`) },
	{
		what: "of a skill that the user may not use",
		...directory("skill://recite-well"),
		lacks: "notes",
		expected: error(-32602, "skill://recite-well is not a directory resource"),
	},
	{
		what: "that is a file of a skill",
		method: "resources/read",
		params: { uri: guide },
		expected: answer({ contents: [{ uri: guide, mimeType: "text/markdown", text: "Breathe." }] }),
	},
	{
		what: "that is a file of a skill that the user may not use",
		method: "resources/read",
		params: { uri: guide },
		lacks: "notes",
		expected: error(
			-32600,
			'recite-well needs the scope "notes", which was not granted to this connection. Sign in again and allow it.',
		),
	},
	{
		what: "that is no file of a skill",
		method: "resources/read",
		params: { uri: "skill://recite-well/constructor" },
		expected: error(-32602, "Resource not found: skill://recite-well/constructor", {
			uri: "skill://recite-well/constructor",
		}),
	},
	{
		what: "that is a skill",
		method: "resources/read",
		params: { uri },
		expected: answer({ contents: [{ uri, mimeType: "text/markdown", text }] }),
	},
	withoutScope("notes", "recite-well", { method: "resources/read", params: { uri } }, (sentence) =>
		error(-32600, sentence),
	),
];
