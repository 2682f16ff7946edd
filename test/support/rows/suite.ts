/** Asks rows in every era of the protocol, and checks that they cover what a server offers. */
import { UriTemplate } from "@modelcontextprotocol/server";
import { afterAll, describe, expect, it } from "vitest";
import { isView } from "../../../src/mcp/define/view.ts";
import type { Catalogue } from "../../../src/mcp/definition.ts";
import { ERAS, type Era } from "../eras.ts";
import type { Answer, Message } from "../wire.ts";
import { ask, closeClients } from "./ask.ts";
import type { Kind, Row } from "./row.ts";

const inEveryEra = <T>(value: (era: Era) => T) => Object.fromEntries(ERAS.map((era) => [era, value(era)]));
const isSse = (era: Era) => era === "2024-11-05 at /sse";

/** The same gate, scopes, props, errors and texts in every era. */
export function describeEveryEra(rows: readonly Row[]): void {
	afterAll(closeClients);

	describe("every era answers", () => {
		it.each(rows.map((row) => ({ ...row, name: row.params?.name ?? "" })))("$method $name: $what", async (row) => {
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
}

/** @param folder where rows are to be added */
export function describeTable({ tools, prompts, resources }: Catalogue, rows: readonly Row[], folder: string): void {
	const rowsOf = (method: string, isMeant: (params: NonNullable<Row["params"]>) => boolean) =>
		rows.filter((row) => row.method === method && row.params && isMeant(row.params));

	describe("the table", () => {
		it.each(tools)("has rows for the tool $name: good and bad input, allowed and refused", ({ name, requires }) => {
			const kinds = rowsOf("tools/call", (params) => params.name === name).map(({ kind }) => kind);
			const needed: Kind[] = ["good", "bad input", "no scope"];
			if (requires) needed.push("no permission");
			expect(kinds, `add rows to a file of ${folder}`).toEqual(expect.arrayContaining(needed));
		});

		it.each(prompts)("has rows for the prompt $name: allowed and refused", ({ name }) => {
			const own = rowsOf("prompts/get", (params) => params.name === name);
			expect(own.some(({ expected }) => "result" in expected)).toBe(true);
			expect(own.some(({ kind }) => kind === "no scope")).toBe(true);
		});

		it.each(resources.filter((one) => !isView(one)))(
			"has rows for the resource $name: allowed and refused",
			(resource) => {
				const template = new UriTemplate(resource.uri);
				const own = rowsOf("resources/read", ({ uri }) => template.match(String(uri)) !== null);
				expect(own.some(({ expected }) => "result" in expected)).toBe(true);
				expect(own.some(({ kind }) => kind === "no scope")).toBe(true);
			},
		);
	});
}
