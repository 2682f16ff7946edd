/** The same gate, scopes, props, errors and texts in every era of the protocol: each row is asked in all of them. */
import { UriTemplate } from "@modelcontextprotocol/server";
import { afterAll, describe, expect, it } from "vitest";
import { prompts } from "../../src/prompts/index.ts";
import { resources } from "../../src/resources/index.ts";
import { tools } from "../../src/tools/index.ts";
import { ERAS, type Era } from "../support/eras.ts";
import type { Answer, Message } from "../support/wire.ts";
import { ask, closeClients } from "./eras/ask.ts";
import { IMAGE_ROWS } from "./eras/image-tool.ts";
import { NOTE_ROWS } from "./eras/note-tools.ts";
import { PROMPT_ROWS } from "./eras/prompts.ts";
import { RESOURCE_ROWS } from "./eras/resources.ts";
import type { Kind, Row } from "./eras/row.ts";
import { TOOL_ROWS } from "./eras/tools.ts";

const ROWS: Row[] = [...TOOL_ROWS, ...IMAGE_ROWS, ...NOTE_ROWS, ...PROMPT_ROWS, ...RESOURCE_ROWS];

const inEveryEra = <T>(value: (era: Era) => T) => Object.fromEntries(ERAS.map((era) => [era, value(era)]));
const isSse = (era: Era) => era === "2024-11-05 at /sse";

afterAll(closeClients);

describe("every era answers", () => {
	it.each(ROWS.map((row) => ({ ...row, name: row.params?.name ?? "" })))("$method $name: $what", async (row) => {
		const answers: Record<string, Answer> = {};
		const questions: Record<string, Message[]> = {};
		for (const era of ERAS) {
			const asked = await ask(era, row);
			answers[era] = asked.answer;
			questions[era] = asked.questions;
		}
		const { expected, expectedAtSse = expected, question = {} } = row;
		expect(answers).toEqual(inEveryEra((era) => (isSse(era) ? expectedAtSse : expected)));
		expect(questions).toEqual(inEveryEra(() => row.answers?.map(() => question) ?? []));
	});
});

describe("the table", () => {
	const rowsOf = (method: string, isMeant: (params: NonNullable<Row["params"]>) => boolean) =>
		ROWS.filter((row) => row.method === method && row.params && isMeant(row.params));

	it.each(tools)("has rows for the tool $name: good and bad input, allowed and refused", ({ name, requires }) => {
		const kinds = rowsOf("tools/call", (params) => params.name === name).map(({ kind }) => kind);
		const needed: Kind[] = ["good", "bad input", "no scope"];
		if (requires) needed.push("no permission");
		expect(kinds, "add rows to a file of test/mcp/eras").toEqual(expect.arrayContaining(needed));
	});

	it.each(prompts)("has rows for the prompt $name: allowed and refused", ({ name }) => {
		const rows = rowsOf("prompts/get", (params) => params.name === name);
		expect(rows.some(({ expected }) => "result" in expected)).toBe(true);
		expect(rows.some(({ kind }) => kind === "no scope")).toBe(true);
	});

	it.each(resources)("has rows for the resource $name: allowed and refused", (resource) => {
		const template = new UriTemplate(resource.uri);
		const rows = rowsOf("resources/read", ({ uri }) => template.match(String(uri)) !== null);
		expect(rows.some(({ expected }) => "result" in expected)).toBe(true);
		expect(rows.some(({ kind }) => kind === "no scope")).toBe(true);
	});
});
