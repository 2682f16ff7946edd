/// <reference types="vite/types/importMeta.d.ts" />
import { beforeAll, describe, expect, it } from "vitest";
import { isTimeout } from "../src/config.ts";
import { prompts } from "../src/prompts/index.ts";
import { resources } from "../src/resources/index.ts";
import { PERMISSIONS, SCOPES } from "../src/scopes.ts";
import type { Tool } from "../src/tools/define.ts";
import { tools } from "../src/tools/index.ts";
import { fileNameOf } from "./support/file-name.ts";
import { fixture } from "./support/fixture/catalogue.ts";
import { checkNames, NAME } from "./support/names.ts";
import { ask, askTool, callTool, LIST_TOOLS, openSession, signIn } from "./support/worker.ts";

const baseNames = (modules: Record<string, unknown>, ending: string) =>
	Object.keys(modules).map((path) => path.slice(path.lastIndexOf("/") + 1, -ending.length));

/** Each folder, what it registers, and the files in it that are none of these. */
const FOLDERS = [
	{
		folder: "tools",
		items: tools,
		files: baseNames(import.meta.glob("../src/tools/*.ts"), ".ts"),
		tests: baseNames(import.meta.glob("./tools/*.test.ts"), ".test.ts"),
		others: ["call-log", "define", "index", "register", "placeholder-image", "schema"],
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

const SOURCES = import.meta.glob<string>(["../src/tools/*.ts", "../src/prompts/*.ts"], {
	query: "?raw",
	import: "default",
	eager: true,
});

/** Whether a file has what asks the user from the SDK. What its helpers do, the compiler and the first call tell. */
function asksUser(source: string): boolean {
	return /import \{[^}]*\binputRequired\b[^}]*\}/.test(source);
}

describe("the catalogue", () => {
	it.each(FOLDERS)("registers every file of src/$folder, each named after what it holds and tested", (folder) => {
		const { items, files, tests, others } = folder;
		const names = items.map(({ name }) => fileNameOf(name)).sort();
		const leftOut: readonly string[] = others;
		expect(files.filter((file) => !leftOut.includes(file)).sort()).toEqual(names);
		expect(tests).toEqual(expect.arrayContaining(names));
	});

	it.each([...tools, ...resources, ...prompts])("gives $name a name that the protocol takes", ({ name }) => {
		expect(name).toMatch(NAME);
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

	it.each([...tools, ...prompts])("says of $name that it asks the user, if its file does", ({ name, asks }) => {
		const [source = ""] = Object.entries(SOURCES)
			.filter(([path]) => path.endsWith(`/${fileNameOf(name)}.ts`))
			.map(([, text]) => text);
		expect(source).toContain(`"${name}"`);
		if (asksUser(source)) expect(asks, name).toBe(true);
	});

	it("knows a file that asks the user, if it asks itself", () => {
		expect(asksUser('import { inputRequired } from "…";\nreturn inputRequired({ inputRequests });')).toBe(true);
		expect(asksUser('import { inputRequired as ask } from "…";\nreturn ask({ inputRequests });')).toBe(true);
		expect(asksUser("/** Never returns inputRequired(…). */ return { content };")).toBe(false);
		expect(tools.filter(({ asks }) => asks).map(({ name }) => name)).toContain("generateImage");
	});

	it.each(tools)("gives a call of $name a time that is one", ({ timeoutSeconds = 1 }) => {
		expect(isTimeout(timeoutSeconds)).toBe(true);
	});

	it.each(FOLDERS)("gives no name in $folder twice", ({ items }) => {
		const names = items.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
	});
});

describe("a name", () => {
	it.each([
		["shout", "shout"],
		["generateImage", "generate-image"],
		["get_weather", "get-weather"],
		["get-weather", "get-weather"],
		["admin.tools.list", "admin-tools-list"],
		["DATA_EXPORT_v2", "data-export-v2"],
		["readURL", "read-url"],
		["HTTPRequest", "http-request"],
		["list2Files", "list2-files"],
	])("%s is one that the protocol takes, of a tool in %s.ts", (name, file) => {
		expect(name).toMatch(NAME);
		expect(fileNameOf(name)).toBe(file);
	});

	it.each(["", "two words", "naïve", "a/b", "x".repeat(129)])("%s is none", (name) => {
		expect(name).not.toMatch(NAME);
	});
});

describe("the tests", () => {
	const sources = import.meta.glob<string>("./**/*.ts", { query: "?raw", import: "default", eager: true });
	const fold = (name: string) => name.toLowerCase().replace(/[_.-]/g, "");
	const items = [...tools, ...resources, ...prompts, ...fixture.tools, ...fixture.resources, ...fixture.prompts];
	const spellings = new Map(items.map(({ name }) => [fold(name), name]));

	/** Identifiers in quotes that differ from a name in the catalogue by case, underscores, hyphens or dots only. */
	function misspelt(source: string): string[] {
		const words = [...source.matchAll(/(["'`])(\w[\w.-]*)\1/g)].map(([, , word = ""]) => word);
		const identifiers = words.filter((word) => /[a-z\d][A-Z_.-]/.test(word));
		return identifiers.filter((word) => (spellings.get(fold(word)) ?? word) !== word);
	}

	it("spell the names of tools, resources and prompts as the catalogue and the fixture do", () => {
		expect(Object.keys(sources).length).toBeGreaterThan(100);
		const found = Object.entries(sources).map(([file, source]) => [file, misspelt(source)] as const);
		expect(Object.fromEntries(found.filter(([, words]) => words.length > 0))).toEqual({});
		expect(misspelt(`expect(list).not.toContain("generate${"_"}image")`)).toEqual([`generate${"_"}image`]);
	});

	it("call no tool that neither the catalogue, the fixture nor the test itself has, unless they say so", () => {
		const call =
			/(?:callTool|askTool|useTool)\((?:\s*\w+,)?\s*(?:\{ name: )?"([\w.-]+)"(?!\.)|"--tool-name", "([\w.-]+)"/g;
		const own = /\bname: "([\w.-]+)"/g;
		const known = [...tools, ...fixture.tools].map(({ name }) => name);
		// What is behind /stdio has names of its own, and this file asks for what does not exist.
		const files = Object.entries(sources).filter(([file]) => !/^\.\/(stdio\/|catalogue\.test)/.test(file));
		const called = files.flatMap(([, source]) => {
			const owned = [...source.matchAll(own)].map(([, name]) => name);
			const names = [...source.matchAll(call)].map(([, name, flag]) => name ?? flag ?? "");
			return names.filter((name) => !owned.includes(name));
		});
		expect(called.length).toBeGreaterThan(50);
		expect(called.filter((name) => !known.includes(name) && !name.startsWith("fly"))).toEqual([]);
	});

	it("ask for nothing that does not exist, unless they say so", async () => {
		await expect(askTool("nonsuch", {}, {})).rejects.toThrow("There is no tool nonsuch.");
		const ofPrompt = { method: "prompts/get", params: { name: "nonsuch" } };
		expect(() => checkNames([LIST_TOOLS, ofPrompt])).toThrow("There is no prompt nonsuch.");
		const ofResource = { method: "resources/read", params: { uri: "nonsuch://1" } };
		expect(() => checkNames(ofResource)).toThrow("There is no resource nonsuch://1.");
		const said = [callTool("add"), callTool("fly"), callTool("constructor")];
		expect(() => checkNames([...said, { method: "resources/read", params: { uri: "notes://x" } }])).not.toThrow();
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
