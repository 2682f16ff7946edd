/// <reference types="vite/types/importMeta.d.ts" />
import { beforeAll, describe, expect, it } from "vitest";
import { prompts } from "../src/prompts/index.ts";
import { resources } from "../src/resources/index.ts";
import { PERMISSIONS, SCOPES } from "../src/scopes.ts";
import type { Tool } from "../src/tools/define.ts";
import { tools } from "../src/tools/index.ts";
import { ask, LIST_TOOLS, openSession, signIn } from "./support/worker.ts";

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const baseNames = (modules: Record<string, unknown>, ending: string) =>
	Object.keys(modules).map((path) => path.slice(path.lastIndexOf("/") + 1, -ending.length));

/** Each folder, what it registers, and the files in it that are none of these. */
const FOLDERS = [
	{
		folder: "tools",
		items: tools,
		files: baseNames(import.meta.glob("../src/tools/*.ts"), ".ts"),
		tests: baseNames(import.meta.glob("./tools/*.test.ts"), ".test.ts"),
		others: ["define", "index", "register", "placeholder-image", "schema"],
	},
	{
		folder: "resources",
		items: resources,
		files: baseNames(import.meta.glob("../src/resources/*.ts"), ".ts"),
		tests: baseNames(import.meta.glob("./resources/*.test.ts"), ".test.ts"),
		others: ["define", "index", "register"],
	},
	{
		folder: "prompts",
		items: prompts,
		files: baseNames(import.meta.glob("../src/prompts/*.ts"), ".ts"),
		tests: baseNames(import.meta.glob("./prompts/*.test.ts"), ".test.ts"),
		others: ["define", "index", "register"],
	},
] as const;

describe("the catalogue", () => {
	it.each(FOLDERS)("registers every file of src/$folder, each named after what it holds and tested", (folder) => {
		const { items, files, tests, others } = folder;
		const names = items.map(({ name }) => kebab(name)).sort();
		const leftOut: readonly string[] = others;
		expect(files.filter((file) => !leftOut.includes(file)).sort()).toEqual(names);
		expect(tests).toEqual(expect.arrayContaining(names));
	});

	it.each(tools)("names the tool $name as models know names", ({ name }) => {
		expect(name).toMatch(/^[a-z][a-zA-Z]{1,62}$/);
	});

	it.each([...resources, ...prompts])("names $name as its file is named", ({ name }) => {
		expect(name).toMatch(/^[a-z][a-z-]{1,62}$/);
	});

	it.each([...tools, ...resources, ...prompts])("describes $name for models and people", ({ title, description }) => {
		expect(title.length).toBeGreaterThan(3);
		expect(description.length).toBeGreaterThan(20);
		expect(description.length).toBeLessThan(1024);
	});

	it.each([
		...tools.map(({ name, input }) => ({ name, shape: input.shape })),
		...prompts.map(({ name, args }) => ({ name, shape: args.shape })),
	])("describes each argument of $name", ({ name, shape }) => {
		for (const [argument, field] of Object.entries(shape)) {
			expect(field.description, `${name}.${argument}`).toBeTruthy();
		}
	});

	it.each([...tools, ...resources, ...prompts])("gates $name by a scope and a permission that exist", (item) => {
		expect(Object.keys(SCOPES)).toContain(item.scope);
		if (item.requires) expect(PERMISSIONS).toContain(item.requires);
	});

	it.each(FOLDERS)("gives no name in $folder twice", ({ items }) => {
		const names = items.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
	});
});

describe("tools/list", () => {
	type Listed = { name: string; title: string; inputSchema: object; outputSchema?: object; annotations: object };
	let listed: Listed[] = [];

	const list = async (options: Parameters<typeof signIn>[0]): Promise<Listed[]> => {
		const { access_token: token } = await signIn(options);
		const answer = await ask(LIST_TOOLS, { token, session: await openSession(token) });
		return (answer as { result: { tools: Listed[] } }).result.tools;
	};

	beforeAll(async () => {
		listed = await list({ permissions: ["image_generation"] });
	});

	it("shows title, schemas and all four annotations of every tool", () => {
		expect(listed.map(({ name }) => name)).toEqual(tools.map(({ name }) => name));
		for (const tool of listed) {
			expect(tool.title).toBeTruthy();
			expect(tool.inputSchema).toMatchObject({ type: "object" });
			const hasOutput = tools.find(({ name }) => name === tool.name)?.output !== undefined;
			expect(tool.outputSchema).toEqual(
				hasOutput ? expect.objectContaining({ type: "object", properties: expect.any(Object) }) : undefined,
			);
			expect(tool.annotations).toEqual({
				readOnlyHint: expect.any(Boolean),
				destructiveHint: expect.any(Boolean),
				idempotentHint: expect.any(Boolean),
				openWorldHint: expect.any(Boolean),
			});
		}
	});

	it("asks only for the arguments that have no default", () => {
		const schemaOf = (tool: string) => listed.find(({ name }) => name === tool)?.inputSchema;
		expect(schemaOf("add")).toMatchObject({ required: ["a", "b"] });
		expect(schemaOf("generateImage")).toMatchObject({
			properties: { prompt: { default: "" }, steps: { type: "integer", minimum: 4, maximum: 8, default: 4 } },
		});
		expect(schemaOf("generateImage")).not.toHaveProperty("required");
	});

	it("leaves out what the user or the token may not use", async () => {
		const names = async (options: Parameters<typeof signIn>[0]) => (await list(options)).map(({ name }) => name);
		const those = (may: (tool: Tool) => boolean) => tools.filter(may).map(({ name }) => name);
		expect(those(({ requires }) => requires === undefined)).not.toContain("generateImage");
		expect(await names({ permissions: [] })).toEqual(those(({ requires }) => requires === undefined));
		expect(await names({ email: "listed@example.com" })).toEqual(those(() => true));
		const everything = { permissions: [...PERMISSIONS] };
		expect(await names({ ...everything, scopes: ["identity"] })).toEqual(those(({ scope }) => scope === "identity"));
		expect(await names({ ...everything, scopes: ["tools"] })).toEqual(those(({ scope }) => scope === "tools"));
	});
});
