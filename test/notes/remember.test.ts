import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { EraClient } from "../support/eras.ts";
import { breakObjects, evict } from "../support/objects.ts";
import { failed, said } from "../support/wire.ts";
import { notesOf, openNotes, recallTexts, setNotes, useTool } from "./notes.ts";

const EMAIL = "remember@example.com";
const USER = `local-${EMAIL}`;
const INVALID = "Input validation error: Invalid arguments for tool remember: note: ";

let client: EraClient;
const remember = (note: string) => useTool(client, "remember", { note });
const remembered = (id: number, count = id) =>
	said(`Remembered as note ${id}.`, { id, uri: `notes://${id}`, count, dropped: [] });

beforeAll(async () => {
	client = await openNotes(EMAIL);
});

beforeEach(() => setNotes(USER, []));

describe("remember", () => {
	it("numbers the notes, and keeps two of the same words apart", async () => {
		expect(await remember("Buy milk")).toEqual(remembered(1));
		expect(await remember("Buy milk")).toEqual(remembered(2));
		expect(await recallTexts(client)).toEqual(["Buy milk", "Buy milk"]);
	});

	it("keeps a note as it was written, without the space around it", async () => {
		const note = "Größe 🦆: 'quoted' \"twice\"; DROP TABLE notes; --\n\t<b>tag</b> %_\\ \u0000 e\u0301 日本語";
		expect(await remember(`\n  ${note}  \n`)).toEqual(remembered(1));
		expect(await recallTexts(client)).toEqual([note]);
		await evict(USER);
		expect(await recallTexts(client)).toEqual([note]);
	});

	it.each(["", " ", "\n\t\u00a0"])("keeps no empty note (%j)", async (note) => {
		expect(await remember(note)).toEqual(failed(`${INVALID}The note is empty. Say what to remember.`));
		expect(await recallTexts(client)).toEqual([]);
	});

	it("tells the model to try again while the user's object cannot be reached", async () => {
		const objects = breakObjects();
		const sentence = "This server cannot reach your data at the moment. Try again in a minute.";
		expect(await remember("Buy milk")).toEqual(failed(sentence));
		objects.restore();
		expect(await remember("Buy milk")).toEqual(remembered(1));
	});

	describe("counts bytes, not characters, and", () => {
		it.each([
			["ASCII", "x".repeat(4096)],
			["two bytes each", "é".repeat(2048)],
			["three bytes each, and one", `${"日".repeat(1365)}x`],
			["four bytes each", "🦆".repeat(1024)],
			["with space around", ` ${"x".repeat(4096)}\n`],
		])("keeps 4096 of them: %s", async (_which, note) => {
			expect(await remember(note)).toEqual(remembered(1));
			expect(await recallTexts(client)).toEqual([note.trim()]);
		});

		it.each([
			["ASCII", "x".repeat(4097), 4097],
			["two bytes each, and one", `${"é".repeat(2048)}x`, 4097],
			["four bytes each", "🦆".repeat(1025), 4100],
		])("says how many are too many: %s", async (_which, note, bytes) => {
			const sentence = `A note holds at most 4096 bytes of UTF-8, and this one has ${bytes}. Shorten it, or split it into several.`;
			expect(await remember(note)).toEqual(failed(INVALID + sentence));
			expect(await recallTexts(client)).toEqual([]);
		});
	});

	it("keeps 1000 notes; one more drops the oldest, and says so", async () => {
		const notes = Array.from({ length: 999 }, (_, index) => `note number ${index + 1}`);
		await setNotes(USER, notes);
		expect(await remember("the thousandth")).toEqual(remembered(1000));
		expect(await notesOf(USER).get(1)).toMatchObject({ text: "note number 1" });
		expect(await remember("one more")).toEqual(
			said("Remembered as note 1001. The oldest note (1) was dropped: there is room for 1000.", {
				id: 1001,
				uri: "notes://1001",
				count: 1000,
				dropped: [1],
			}),
		);
		const oldest = await notesOf(USER).find("", 1000);
		expect(oldest.total).toBe(1000);
		expect(oldest.notes.at(-1)).toMatchObject({ id: 2, text: "note number 2" });
		expect(oldest.notes[0]).toMatchObject({ id: 1001, text: "one more" });
	});

	it("loses none of those that arrive at once", async () => {
		const notes = Array.from({ length: 10 }, (_, index) => `at once ${index}`);
		await Promise.all(notes.map((note) => notesOf(USER).add(note)));
		expect((await recallTexts(client)).sort()).toEqual(notes);
	});
});
