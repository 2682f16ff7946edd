import { beforeAll, describe, expect, it } from "vitest";
import type { EraClient } from "../support/eras.ts";
import { failed } from "../support/wire.ts";
import { openNotes, setNotes, useTool } from "./notes.ts";

const EMAIL = "search@example.com";
const USER = `local-${EMAIL}`;

let client: EraClient;
const search = (query: string) => useTool(client, "search", { query });

/** What OpenAI asks for: one text that is the result as JSON, and the same as data. */
const found = (...results: { id: string; title: string; url: string }[]) => ({
	result: { content: [{ type: "text", text: JSON.stringify({ results }) }], structuredContent: { results } },
});
const result = (id: number, title: string) => ({ id: String(id), title, url: `notes://${id}` });

beforeAll(async () => {
	client = await openNotes(EMAIL);
});

describe("search", () => {
	it("finds nothing where there are no notes", async () => {
		await setNotes(USER, []);
		expect(await search("")).toEqual(found());
		expect(await search("milk")).toEqual(found());
	});

	it("lists id, title and URL of the notes that have every word, the newest first", async () => {
		await setNotes(USER, ["Buy milk\nand bread", "Call Ada about MILK", "100% sure"]);
		expect(await search("milk")).toEqual(found(result(2, "Call Ada about MILK"), result(1, "Buy milk")));
		expect(await search("milk ada")).toEqual(found(result(2, "Call Ada about MILK")));
		expect(await search("%")).toEqual(found(result(3, "100% sure")));
		expect(await search("' OR '1'='1")).toEqual(found());
	});

	it.each(["", " \n"])("lists all notes for an empty query (%j)", async (query) => {
		await setNotes(USER, ["one", "two"]);
		expect(await search(query)).toEqual(found(result(2, "two"), result(1, "one")));
	});

	it("shortens a long title to 60 characters", async () => {
		await setNotes(USER, ["🦆".repeat(1000)]);
		expect(await search("🦆")).toEqual(found(result(1, `${"🦆".repeat(59)}…`)));
	});

	it("lists the newest 50 of many notes", async () => {
		const many = Array.from({ length: 52 }, (_, index) => `note ${index + 1}`);
		await setNotes(USER, many);
		const newest = Array.from({ length: 50 }, (_, index) => result(52 - index, `note ${52 - index}`));
		expect(await search("note")).toEqual(found(...newest));
	});

	it("finds no notes of other users", async () => {
		await setNotes(USER, ["mine"]);
		const other = await openNotes("search-other@example.com");
		expect(await useTool(other, "search", { query: "mine" })).toEqual(found());
		expect(await search("mine")).toEqual(found(result(1, "mine")));
	});

	it("finds a note no more after forget", async () => {
		await setNotes(USER, ["Buy milk", "More milk"]);
		expect(await search("milk")).toEqual(found(result(2, "More milk"), result(1, "Buy milk")));
		await useTool(client, "forget", { id: 2 });
		expect(await search("milk")).toEqual(found(result(1, "Buy milk")));
	});

	it("takes a query of 200 characters and no longer", async () => {
		await setNotes(USER, ["x".repeat(300)]);
		expect(await search("x".repeat(200))).toEqual(found(result(1, `${"x".repeat(59)}…`)));
		expect(await search("x".repeat(201))).toEqual(
			failed(
				"Input validation error: Invalid arguments for tool search: query: Too big: expected string to have <=200 characters",
			),
		);
	});
});
