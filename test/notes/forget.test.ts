import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { EraClient } from "../support/eras.ts";
import { evict } from "../support/objects.ts";
import { failed, said } from "../support/wire.ts";
import { openNotes, recallTexts, setNotes, useTool } from "./notes.ts";

const EMAIL = "forget@example.com";
const USER = `local-${EMAIL}`;

let client: EraClient;
const forget = (id: number) => useTool(client, "forget", { id });
const forgotten = (id: number) => said(`Note ${id} is deleted.`, { id });
const unknown = (id: number) => failed(`There is no note ${id}. recall lists those there are.`);

beforeAll(async () => {
	client = await openNotes(EMAIL);
});

beforeEach(() => setNotes(USER, ["one", "two", "three"]));

describe("forget", () => {
	it("deletes one note and no other, for good", async () => {
		expect(await forget(2)).toEqual(forgotten(2));
		expect(await recallTexts(client)).toEqual(["three", "one"]);
		await evict(USER);
		expect(await recallTexts(client)).toEqual(["three", "one"]);
		expect(await forget(2)).toEqual(unknown(2));
	});

	it("never lets another note have the number of one that is gone", async () => {
		for (const id of [3, 1, 2]) expect(await forget(id)).toEqual(forgotten(id));
		await evict(USER);
		expect(await useTool(client, "remember", { note: "four" })).toMatchObject({
			result: { structuredContent: { id: 4, count: 1 } },
		});
		expect(await forget(3)).toEqual(unknown(3));
	});

	it.each([4, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER])("says so when there is no note %d", async (id) => {
		expect(await forget(id)).toEqual(unknown(id));
		expect(await recallTexts(client)).toHaveLength(3);
	});

	it.each([0, -1, 1.5, 2 ** 53])("takes no %d for a number of a note", async (id) => {
		expect(await forget(id)).toMatchObject({
			result: { isError: true, content: [{ text: expect.stringContaining("id: ") }] },
		});
		expect(await recallTexts(client)).toHaveLength(3);
	});
});
