/** Notes belong to a user: to all their sessions, clients and eras, and to nobody else. */
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ERAS } from "../support/eras.ts";
import { evict, rowsOf } from "../support/objects.ts";
import { answer, said } from "../support/wire.ts";
import { notesOf, openNotes, recallTexts, setNotes, useTool } from "./notes.ts";

const whoSchema = z.object({ structuredContent: z.object({ id: z.string() }) });
const ALICE = "alice-notes@example.com";
const MALLORY = "mallory-notes@example.com";

beforeEach(async () => {
	await setNotes(`local-${ALICE}`, []);
	await setNotes(`local-${MALLORY}`, []);
});

describe("a note", () => {
	it.each(ERAS)("that was kept by a client of %s is there for every other client of the user", async (era) => {
		const writer = await openNotes(ALICE, era);
		await useTool(writer, "remember", { note: `kept by ${era}` });
		await writer.close();
		await evict(`local-${ALICE}`);
		for (const other of ERAS) {
			const reader = await openNotes(ALICE, other);
			expect(await recallTexts(reader)).toEqual([`kept by ${era}`]);
			expect(await reader.request("resources/read", { uri: "notes://1" })).toEqual(
				answer({ contents: [{ uri: "notes://1", mimeType: "text/plain", text: `kept by ${era}` }] }),
			);
			await reader.close();
		}
	});

	it("that one client deletes is gone for the others", async () => {
		const [one, other] = [await openNotes(ALICE, "2024-11-05 at /sse"), await openNotes(ALICE, "2026-07-28")];
		await useTool(one, "remember", { note: "Buy milk" });
		expect(await useTool(other, "forget", { id: 1 })).toEqual(said("Note 1 is deleted.", { id: 1 }));
		expect(await recallTexts(one)).toEqual([]);
		await one.close();
	});

	it("of a user whose address is written in another case is theirs", async () => {
		await useTool(await openNotes(ALICE), "remember", { note: "Buy milk" });
		expect(await recallTexts(await openNotes(ALICE.toUpperCase()))).toEqual(["Buy milk"]);
	});
});

describe.each(ERAS)("another user, by %s", (era) => {
	it("sees no notes of other users, and deletes none", async () => {
		const alice = await openNotes(ALICE);
		for (const note of ["secret one", "secret two"]) await useTool(alice, "remember", { note });
		const mallory = await openNotes(MALLORY, era);
		expect(await recallTexts(mallory)).toEqual([]);
		expect(await recallTexts(mallory, "secret")).toEqual([]);
		const listed = JSON.stringify(await mallory.request("resources/list"));
		expect(listed).toContain("skill://keep-notes/SKILL.md");
		expect(listed).not.toMatch(/notes:\/\/\d|secret/);
		expect(JSON.stringify(await alice.request("resources/list"))).toMatch(/notes:\/\/\d.*secret/);
		expect(await mallory.request("resources/read", { uri: "notes://1" })).toMatchObject({ error: { code: -32602 } });
		const reference = { type: "ref/resource", uri: "notes://{id}" };
		const typed = { ref: reference, argument: { name: "id", value: "" } };
		expect(await mallory.request("completion/complete", typed)).toMatchObject({
			result: { completion: { values: [] } },
		});
		const prompt = await mallory.request("prompts/get", { name: "summarize-notes" });
		expect(JSON.stringify(prompt)).not.toContain("secret");
		expect(await useTool(mallory, "forget", { id: 1 })).toMatchObject({ result: { isError: true } });
		await useTool(mallory, "remember", { note: "mine" });
		expect(await recallTexts(mallory)).toEqual(["mine"]);
		expect(await recallTexts(alice)).toEqual(["secret two", "secret one"]);
		await mallory.close();
	});
});

it("a user who only looks for notes leaves nothing in their object", async () => {
	const client = await openNotes(`${crypto.randomUUID()}@example.com`);
	const { result } = z.object({ result: whoSchema }).parse(await useTool(client, "whoami"));
	await client.request("resources/list");
	await recallTexts(client);
	expect(await rowsOf(result.structuredContent.id, "sqlite_sequence")).toEqual([]);
	await client.close();
});

it("of a long query the first twenty words count", async () => {
	const notes = notesOf(`local-${ALICE}`);
	const words = Array.from({ length: 25 }, (_, index) => `word${index}`);
	await notes.add(words.slice(0, 20).join(" "));
	expect((await notes.find(words.join(" "), 1)).total).toBe(1);
	expect((await notes.find(words.slice(0, 20).join(" "), 1)).total).toBe(1);
	expect((await notes.find(words.slice(5).join(" "), 1)).total).toBe(0);
});
