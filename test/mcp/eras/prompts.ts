/** Prompts, and the completion of what people type. */
import { expect } from "vitest";
import { QUESTION } from "../../support/fixture/asking.ts";
import { breakItems, repairItems } from "../../support/fixture/control.ts";
import { type Row, withoutScope } from "../../support/rows/row.ts";
import { answer, error } from "../../support/wire.ts";

const name = "recite";
const get = (args: unknown, name = "recite"): Pick<Row, "method" | "params"> => ({
	method: "prompts/get",
	params: { name, arguments: args },
});
const says = (description: string, text: string) =>
	answer({ description, messages: [{ role: "user", content: { type: "text", text } }] });
const ABOUT_RECITE = "Asks the model to recite something.";
const ABOUT_INTERVIEW = "Asks the user for a word, and then the model about it.";
const complete = (ref: unknown, argument: unknown, filled?: object): Pick<Row, "method" | "params"> => ({
	method: "completion/complete",
	params: { ref, argument, ...(filled && { context: { arguments: filled } }) },
});
const ofPrompt = { type: "ref/prompt", name };
const ofItem = { type: "ref/resource", uri: "items://{id}" };
const completed = (...values: string[]) => answer({ completion: { values, total: values.length, hasMore: false } });
/** Nothing is known of it, also not how many there would be. */
const NONE = answer({ completion: { values: [], hasMore: false } });
const failedUnexpectedly = (name: string) =>
	error(-32603, `${name} failed unexpectedly. Contact the server's administrator and mention request ID <id>.`);
const INTERVIEW = { name: "interview", title: "Interview", description: ABOUT_INTERVIEW, arguments: [] };

export const PROMPT_ROWS: Row[] = [
	{
		what: "to those who may",
		method: "prompts/list",
		expected: answer({
			prompts: [
				{
					name,
					title: "Recite",
					description: ABOUT_RECITE,
					icons: [
						{
							src: expect.stringMatching(/^https?:\/\/[^/]+\/icons\/prompts\/recite\.svg$/),
							mimeType: "image/svg+xml",
							sizes: ["any"],
						},
					],
					arguments: [
						{ name: "what", description: "What to recite; a poem, if left out", required: false },
						{ name: "style", description: "How to recite it", required: false },
					],
				},
				INTERVIEW,
			],
		}),
	},
	{
		what: "to those who may not use all",
		method: "prompts/list",
		lacks: "notes",
		expected: answer({ prompts: [INTERVIEW] }),
	},
	{ what: "with an argument", ...get({ what: "a song" }), expected: says(ABOUT_RECITE, "Recite a song.") },
	{ what: "without arguments", ...get(undefined), expected: says(ABOUT_RECITE, "Recite a poem.") },
	{
		what: "with arguments of another type",
		...get({ what: 7 }),
		expected: error(-32602, "Invalid params: arguments.what: expected string, received number"),
	},
	{
		what: "that does not exist",
		...get({}, "fly"),
		expected: error(-32602, "Prompt fly not found"),
	},
	withoutScope("notes", name, get({}), (sentence) => error(-32600, sentence)),
	{
		what: "of a store that fails",
		...get({}),
		prepare: breakItems,
		restore: repairItems,
		expected: failedUnexpectedly(name),
	},

	{
		what: "that asks a user, who answers",
		...get({}, "interview"),
		answers: [{ action: "accept", content: { word: "serendipity" } }],
		question: { mode: "form", ...QUESTION },
		expected: says(ABOUT_INTERVIEW, "What does serendipity mean?"),
	},
	{
		what: "that asks a user, who declines",
		...get({}, "interview"),
		answers: [{ action: "decline" }],
		question: { mode: "form", ...QUESTION },
		expected: error(-32600, "The user did not say a word."),
	},
	withoutScope("tools", "interview", get({}, "interview"), (sentence) => error(-32600, sentence)),

	{ what: "what somebody typed", ...complete(ofItem, { name: "id", value: "1" }), expected: completed("1", "12") },
	{ what: "nothing typed", ...complete(ofItem, { name: "id", value: "" }), expected: completed("1", "2", "12") },
	{
		what: "nothing without the scope",
		...complete(ofItem, { name: "id", value: "" }),
		lacks: "notes",
		expected: completed(),
	},
	{ what: "a variable that does not exist", ...complete(ofItem, { name: "fly", value: "" }), expected: NONE },
	{
		what: "a template that does not exist",
		...complete({ type: "ref/resource", uri: "fly://{id}" }, { name: "id", value: "" }),
		expected: error(-32602, "Resource template fly://{id} not found"),
	},
	{
		what: "an argument of a prompt that has no completion",
		...complete(ofPrompt, { name: "style", value: "a" }),
		expected: NONE,
	},
	{
		what: "an argument of a prompt",
		...complete(ofPrompt, { name: "what", value: "a p" }),
		expected: completed("a poem", "a prayer"),
	},
	{
		what: "an argument of a prompt, when another is filled in",
		...complete(ofPrompt, { name: "what", value: "a s" }, { style: "softly" }),
		expected: completed("a song, softly"),
	},
	{
		what: "the first 100 of more values, and how many there are",
		...complete(ofPrompt, { name: "what", value: "verse" }),
		expected: answer({
			completion: {
				values: Array.from({ length: 100 }, (_, index) => `verse ${index + 1}`),
				total: 120,
				hasMore: true,
			},
		}),
	},
	{
		what: "nothing of a prompt without its scope",
		...complete(ofPrompt, { name: "what", value: "a p" }),
		lacks: "notes",
		expected: completed(),
	},
	{
		what: "an argument that every object has",
		...complete(ofPrompt, { name: "constructor", value: "" }),
		expected: NONE,
	},
	{
		what: "of a prompt, from a store that fails",
		...complete(ofPrompt, { name: "what", value: "a" }),
		prepare: breakItems,
		restore: repairItems,
		expected: failedUnexpectedly(name),
	},
	{
		what: "a prompt that does not exist",
		...complete({ type: "ref/prompt", name: "fly" }, { name: "what", value: "a" }),
		expected: error(-32602, "Prompt fly not found"),
	},
	{
		what: "from a store that fails",
		...complete(ofItem, { name: "id", value: "" }),
		prepare: breakItems,
		restore: repairItems,
		expected: failedUnexpectedly("item"),
	},
];
