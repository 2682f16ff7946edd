import { beforeAll, describe, expect, it } from "vitest";
import type { EraClient } from "../support/eras.ts";
import { failed, said } from "../support/wire.ts";
import { openNotes, recallTexts, setNotes, useTool } from "./notes.ts";

const EMAIL = "recall@example.com";
const USER = `local-${EMAIL}`;
const MANY = Array.from({ length: 25 }, (_, index) => `note ${index + 1}`);

let client: EraClient;

beforeAll(async () => {
	client = await openNotes(EMAIL);
});

describe("recall", () => {
	it("says so when there are no notes yet, whatever it is asked for", async () => {
		await setNotes(USER, []);
		const none = { notes: [], total: 0 };
		expect(await useTool(client, "recall")).toEqual(said("There are no notes yet.", none));
		expect(await useTool(client, "recall", { query: " \n" })).toEqual(said("There are no notes yet.", none));
		expect(await useTool(client, "recall", { query: " tea " })).toEqual(said("No note contains “tea”.", none));
	});

	it("answers with the newest 20, and how many there are", async () => {
		await setNotes(USER, MANY);
		expect(await recallTexts(client)).toEqual(MANY.slice(-20).reverse());
		expect(await useTool(client, "recall", { query: "note" })).toMatchObject({
			result: {
				content: expect.arrayContaining([
					{ type: "text", text: "The newest 20 of 25 notes. Narrow the query to see others." },
				]),
				structuredContent: { total: 25 },
			},
		});
	});

	it("tells when a note was made, as text and as data", async () => {
		await setNotes(USER, ["Buy milk"]);
		const date = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
		expect(await useTool(client, "recall")).toEqual({
			result: {
				content: [
					{ type: "text", text: "1 note." },
					{ type: "text", text: expect.stringMatching(/^Note 1, \d{4}-\d\d-\d\dT[\d:.]+Z:\nBuy milk$/) },
				],
				structuredContent: { notes: [{ id: 1, text: "Buy milk", createdAt: date }], total: 1 },
			},
		});
	});

	describe("finds", () => {
		const NOTES = [
			"Äpfel und Öl",
			"CAFÉ on Main Street",
			"100% of the plan",
			"1000 of the plan",
			"snake_case name",
			"snakeXcase name",
			`she said "it's fine"`,
			"C:\\temp\\*.txt",
			"ﬁle in ＦＵＬＬ width",
			"line one\nline two",
			"Москва 🦆",
			"zero\u0000byte",
		];

		beforeAll(() => setNotes(USER, NOTES));

		it.each([
			["in any case", "äPFEL", ["Äpfel und Öl"]],
			["in any case, beyond Latin", "мОСКВА", ["Москва 🦆"]],
			["an accent written as two characters", "cafe\u0301", ["CAFÉ on Main Street"]],
			["compatible characters", "FILE full", ["ﬁle in ＦＵＬＬ width"]],
			["an emoji", "🦆", ["Москва 🦆"]],
			["a part of a word", "pfel", ["Äpfel und Öl"]],
			["every word, in any order", "street café", ["CAFÉ on Main Street"]],
			["words on different lines", "two\u00a0\n one", ["line one\nline two"]],
			["only what has every word", "street öl", []],
			["a percent sign as it is", "100%", ["100% of the plan"]],
			["percent signs as they are", "%", ["100% of the plan"]],
			["an underscore as it is", "snake_case", ["snake_case name"]],
			["quotes as they are", `"it's`, [`she said "it's fine"`]],
			["a backslash and an asterisk as they are", "\\*", ["C:\\temp\\*.txt"]],
			["no SQL", "' OR '1'='1", []],
			["what comes after a zero byte", "byte", ["zero\u0000byte"]],
		])("%s", async (_what, query, expected) => {
			expect(await recallTexts(client, query)).toEqual(expected);
		});
	});

	it.each([
		["a hundred words", "a b ".repeat(50), ["b a"]],
		["a hundred words, each different", Array.from({ length: 66 }, (_, index) => index + 10).join(" "), []],
		// One character that stands for four words of eighteen characters.
		["characters that stand for many words", "\ufdfa".repeat(200), []],
	])("takes as many words as fit in a query: %s", async (_which, query, expected) => {
		await setNotes(USER, ["a", "b a"]);
		expect(await recallTexts(client, query)).toEqual(expected);
	});

	it("takes a query of 200 characters and no longer", async () => {
		await setNotes(USER, ["x".repeat(300)]);
		expect(await recallTexts(client, "x".repeat(200))).toHaveLength(1);
		expect(await useTool(client, "recall", { query: "x".repeat(201) })).toEqual(
			failed(
				"Input validation error: Invalid arguments for tool recall: query: Too big: expected string to have <=200 characters",
			),
		);
	});
});
