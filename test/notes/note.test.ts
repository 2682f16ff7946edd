import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import type { EraClient } from "../support/eras.ts";
import { answer, error } from "../support/wire.ts";
import { breakNotes, openNotes, setNotes } from "./notes.ts";

const EMAIL = "note@example.com";
const USER = `local-${EMAIL}`;
const mimeType = "text/plain";

let client: EraClient;
const read = (uri: string) => client.request("resources/read", { uri });
const found = (uri: string, text: string) => answer({ contents: [{ uri, mimeType, text }] });
const complete = (value: string) =>
	client.request("completion/complete", {
		ref: { type: "ref/resource", uri: "notes://{id}" },
		argument: { name: "id", value },
	});

const listed = z.object({
	result: z.object({ resources: z.array(z.looseObject({ uri: z.string(), title: z.string() })) }),
});
const list = async () => {
	const { resources } = listed.parse(await client.request("resources/list")).result;
	return resources.filter(({ uri }) => uri.startsWith("notes://"));
};

beforeAll(async () => {
	client = await openNotes(EMAIL);
});

describe("a note as a resource", () => {
	beforeEach(() => setNotes(USER, ["Buy milk\n<b>today</b>", "Größe 🦆"]));

	it("is read by its number", async () => {
		expect(await read("notes://1")).toEqual(found("notes://1", "Buy milk\n<b>today</b>"));
		expect(await read("notes://2")).toEqual(found("notes://2", "Größe 🦆"));
	});

	it.each([
		"notes://3",
		"notes://0",
		"notes://01",
		"notes://-1",
		"notes://1.0",
		"notes://1e0",
		"notes://%31",
		"notes://1?x=1",
		"notes://1/",
		"notes://",
		`notes://${"1".repeat(400)}`,
		"notes://1 OR 1=1",
	])("is not found at %s", async (uri) => {
		expect(await read(uri)).toMatchObject({ error: { code: -32602, data: expect.any(Object) } });
	});

	it("is not found at a URI that is longer than any", async () => {
		expect(await read(`notes://${"1".repeat(1_100_000)}`)).toMatchObject({ error: { code: -32602 } });
	});

	it("that cannot be read keeps its cause in the log, under the request id that the answer shows", async () => {
		await breakNotes(USER);
		const log = vi.spyOn(console, "error").mockImplementation(() => {});
		const failures = [await read("notes://1"), await client.request("resources/list")];
		const lines = log.mock.calls.map(([line]) => String(line));
		log.mockRestore();
		const sentence =
			/^note failed unexpectedly\. Contact the server's administrator and mention request ID ([\w-]+)\.$/;
		for (const failure of failures) {
			expect(failure).toEqual(error(-32603, expect.stringMatching(sentence)));
			const requestId = /request ID ([\w-]+)/.exec(JSON.stringify(failure))?.[1] ?? "none";
			const logged = lines.find((line) => line.includes(requestId));
			expect(logged).toContain("note_failed");
			expect(logged).toContain("SQLITE_ERROR");
		}
	});
});

describe("the list of notes", () => {
	it("is empty where there are none", async () => {
		await setNotes(USER, []);
		expect(await list()).toEqual([]);
	});

	it("shows the newest 100", async () => {
		await setNotes(
			USER,
			Array.from({ length: 105 }, (_, index) => `note ${index + 1}`),
		);
		const uris = Array.from({ length: 100 }, (_, index) => `notes://${105 - index}`);
		expect((await list()).map(({ uri }) => uri)).toEqual(uris);
		// The rest can be read nevertheless.
		expect(await read("notes://1")).toEqual(found("notes://1", "note 1"));
	});

	it("shows a note's first line as its title, at most 60 characters of it, and its size in bytes", async () => {
		await setNotes(USER, ["🦆".repeat(61), "🦆".repeat(60), "first\nsecond", "first\r\nsecond"]);
		const rest = {
			mimeType,
			icons: [expect.objectContaining({ src: expect.stringMatching(/\/icons\/resources\/note\.svg$/) })],
		};
		expect(await list()).toEqual([
			{ uri: "notes://4", name: "note-4", title: "first", size: 13, ...rest },
			{ uri: "notes://3", name: "note-3", title: "first", size: 12, ...rest },
			{ uri: "notes://2", name: "note-2", title: "🦆".repeat(60), size: 240, ...rest },
			{ uri: "notes://1", name: "note-1", title: `${"🦆".repeat(59)}…`, size: 244, ...rest },
		]);
	});
});

it.each(["constructor", "__proto__", "toString", "unknown"])("there is nothing to complete %s with", async (name) => {
	const ref = { type: "ref/resource", uri: "notes://{id}" };
	const completed = await client.request("completion/complete", { ref, argument: { name, value: "" } });
	expect(completed).toMatchObject({ result: { completion: { values: [] } } });
});

describe("the completion of a note's number", () => {
	const completed = (...ids: number[]) =>
		answer({ completion: { values: ids.map(String), total: ids.length, hasMore: false } });

	beforeAll(() =>
		setNotes(
			USER,
			Array.from({ length: 12 }, (_, index) => `note ${index + 1}`),
		),
	);

	it.each([
		["1", [12, 11, 10, 1]],
		["11", [11]],
		["3", [3]],
		["13", []],
		["%", []],
		["_", []],
		["' OR '1'='1", []],
		["🦆", []],
	])("of %s is those that start with it", async (typed, ids) => {
		expect(await complete(typed)).toEqual(completed(...ids));
	});

	it("of many is the newest 100, and how many there are", async () => {
		const other = await openNotes("note-many@example.com");
		await setNotes(
			"local-note-many@example.com",
			Array.from({ length: 105 }, (_, index) => `note ${index + 1}`),
		);
		const ref = { type: "ref/resource", uri: "notes://{id}" };
		const values = Array.from({ length: 100 }, (_, index) => String(105 - index));
		expect(await other.request("completion/complete", { ref, argument: { name: "id", value: "" } })).toEqual(
			answer({ completion: { values, total: 105, hasMore: true } }),
		);
	});

	it("of nothing is the newest", async () => {
		expect(await complete("")).toEqual(completed(...Array.from({ length: 12 }, (_, index) => 12 - index)));
	});
});
