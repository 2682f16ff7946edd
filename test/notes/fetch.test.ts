import { beforeAll, describe, expect, it } from "vitest";
import type { EraClient } from "../support/eras.ts";
import { failed } from "../support/wire.ts";
import { openNotes, setNotes, useTool } from "./notes.ts";

const EMAIL = "fetch@example.com";
const USER = `local-${EMAIL}`;
const NONE = failed("There is no note with this id. search lists the ids of those there are.");

let client: EraClient;
const fetchNote = (id: string) => useTool(client, "fetch", { id });
const found = (id: number, title: string, text: string) => ({
	result: {
		content: [{ type: "text", text: expect.any(String) }],
		structuredContent: {
			id: String(id),
			title,
			text,
			url: `notes://${id}`,
			metadata: { createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) },
		},
	},
});

beforeAll(async () => {
	client = await openNotes(EMAIL);
});

describe("fetch", () => {
	it("returns one text that is the note as JSON, and the same as data", async () => {
		await setNotes(USER, ["Buy milk\nand bread"]);
		const answer = await fetchNote("1");
		expect(answer).toEqual(found(1, "Buy milk", "Buy milk\nand bread"));
		const { result } = answer as unknown as { result: { content: [{ text: string }]; structuredContent: object } };
		expect(JSON.parse(result.content[0].text)).toEqual(result.structuredContent);
	});

	it("returns a long note whole", async () => {
		await setNotes(USER, ["🦆".repeat(1024)]);
		expect(await fetchNote("1")).toEqual(found(1, `${"🦆".repeat(59)}…`, "🦆".repeat(1024)));
	});

	it("has the text at the address that the client can read as a resource", async () => {
		await setNotes(USER, ["Buy milk"]);
		expect(await fetchNote("1")).toEqual(found(1, "Buy milk", "Buy milk"));
		expect(await client.request("resources/read", { uri: "notes://1" })).toMatchObject({
			result: { contents: [{ text: "Buy milk" }] },
		});
	});

	it.each(["2", "0", "01", "-1", "1.0", "1e0", "", " 1", "notes://1", "1".repeat(400), "1 OR 1=1", "constructor"])(
		"finds no note by the id %s",
		async (id) => {
			await setNotes(USER, ["one"]);
			expect(await fetchNote(id)).toEqual(NONE);
			expect(await fetchNote("1")).toEqual(found(1, "one", "one"));
		},
	);

	it("finds no note of another user", async () => {
		await setNotes(USER, ["one", "two"]);
		const email = "fetch-other@example.com";
		await setNotes(`local-${email}`, ["of the other"]);
		const other = await openNotes(email);
		expect(await useTool(other, "fetch", { id: "2" })).toEqual(NONE);
		expect(await useTool(other, "fetch", { id: "1" })).toEqual(found(1, "of the other", "of the other"));
		expect(await fetchNote("2")).toEqual(found(2, "two", "two"));
	});

	it("finds a note no more after forget", async () => {
		await setNotes(USER, ["one"]);
		expect(await fetchNote("1")).toEqual(found(1, "one", "one"));
		await useTool(client, "forget", { id: 1 });
		expect(await fetchNote("1")).toEqual(NONE);
	});
});
