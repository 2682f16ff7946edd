/// <reference types="vite/types/importMeta.d.ts" />
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { isTimeout } from "../src/auth/settings.ts";
import type { Tool } from "../src/mcp/define/tool.ts";
import { isView } from "../src/mcp/define/view.ts";
import { server } from "../src/server.ts";
import { fileNameOf } from "./support/file-name.ts";
import { server as fixture } from "./support/fixture/server.ts";
import { checkNames, NAME } from "./support/names.ts";
import { ask, askTool, callTool, LIST_TOOLS, openSession, signIn, way } from "./support/worker.ts";

const { tools, resources, prompts } = server.catalogue;
const items = [...tools, ...resources.filter((resource) => !isView(resource)), ...prompts];

/** Every file in which something is defined that a client can find. */
const DEFINING = /\bdefine(Tool|Resource|Prompt|Skill)\(/;
const SOURCES = import.meta.glob<string>(["../src/**/*.ts", "!../src/mcp/**"], {
	query: "?raw",
	import: "default",
	eager: true,
});

/** Whether a file has what asks the user from the SDK. What its helpers do, the compiler and the first call tell. */
function asksUser(source: string): boolean {
	return /import \{[^}]*\binputRequired\b[^}]*\}/.test(source);
}

/** Whether a file has a member by this name. */
function returnsStructured(source: string): boolean {
	return /\bstructured\s*[:,}]/.test(source);
}

describe("the catalogue", () => {
	it("has what every file defines, each named after it and tested", () => {
		const files = Object.entries(SOURCES).flatMap(([path, source]) => (DEFINING.test(source) ? [path] : []));
		const baseName = (path: string, ending: string) => path.slice(path.lastIndexOf("/") + 1, -ending.length);
		const named = items.map(({ name }) => fileNameOf(name)).sort();
		const defined = files.map((path) => baseName(path, ".ts")).sort();
		// Where users do not come back, what needs them is left out.
		expect(server.signIn.hasUsers ? defined : defined.filter((name) => named.includes(name))).toEqual(named);
		const tests = Object.keys(import.meta.glob("./**/*.test.ts"));
		for (const path of files) {
			expect(tests).toContain(path.replace("../src/", "./").replace(/\.ts$/, ".test.ts"));
		}
	});

	it("has the program of each view, and each program's view, beside the tool", () => {
		const programs = Object.keys(SOURCES).filter((path) => path.endsWith(".view.ts"));
		const pathOf = (name: string) =>
			Object.keys(SOURCES).find((path) => path.endsWith(`/${fileNameOf(name)}.ts`)) ?? "";
		const views = tools.flatMap(({ name, view }) =>
			view ? [pathOf(name).replace(/[^/]*$/, `${view.name}.view.ts`)] : [],
		);
		expect(programs.sort()).toEqual(views.sort());
	});

	it.each(items)("gives $name a name that the protocol takes", ({ name }) => {
		expect(name).toMatch(NAME);
	});

	it.each(items)("describes $name for models and people", ({ title, description }) => {
		expect(title.length).toBeGreaterThan(3);
		expect(description.length).toBeGreaterThan(20);
		expect(description.length).toBeLessThan(1024);
	});

	it.each([
		...tools.map(({ name, input }) => ({ name, shape: input.shape })),
		...prompts.map(({ name, args }) => ({ name, shape: args.shape })),
	])("gives each argument of $name a title for people and a description", ({ name, shape }) => {
		for (const [argument, field] of Object.entries(shape)) {
			expect(field.meta(), `${name}.${argument}`).toMatchObject({
				title: expect.stringMatching(/./),
				description: expect.stringMatching(/./),
			});
		}
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
	});

	it.each(tools)("gives $name an output schema, if it returns `structured`", ({ name, output }) => {
		const [[path, source] = ["", ""]] = Object.entries(SOURCES).filter(([path]) =>
			path.endsWith(`/${fileNameOf(name)}.ts`),
		);
		const sentence = `${path} returns \`structured\`: describe it to clients with an \`output\` schema.`;
		expect(output !== undefined || !returnsStructured(source), sentence).toBe(true);
	});

	it("knows a file that returns `structured`", () => {
		expect(returnsStructured("return { content, structured };")).toBe(true);
		expect(returnsStructured("return { content: [], structured: { sum } };")).toBe(true);
		expect(returnsStructured("/** Its result is not structured. */ return { content };")).toBe(false);
	});

	it.each(tools)("gives a call of $name a time that is one", ({ timeoutSeconds = 1 }) => {
		expect(isTimeout(timeoutSeconds)).toBe(true);
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
	const { catalogue } = fixture;
	const all = [...items, ...catalogue.tools, ...catalogue.resources, ...catalogue.prompts];
	const spellings = new Map(all.map(({ name }) => [fold(name), name]));

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
		expect(misspelt(`expect(list).not.toContain("ec${"_"}ho")`)).toEqual([`ec${"_"}ho`]);
	});

	// Where users do not come back, the tests may be those of items that are left out.
	it.skipIf(!server.signIn.hasUsers)(
		"call no tool that neither the catalogue, the fixture nor the test itself has, unless they say so",
		() => {
			const call =
				/(?:callTool|askTool|useTool)\((?:\s*\w+,)?\s*(?:\{ name: )?"([\w.-]+)"(?!\.)|"--tool-name", "([\w.-]+)"/g;
			const own = /\bname: "([\w.-]+)"/g;
			const known = [...tools, ...catalogue.tools].map(({ name }) => name);
			// What is behind /stdio and the clients of whole servers have names of their own; this file asks for what does not exist.
			const files = Object.entries(sources).filter(
				([file]) => !/^\.\/(e2e\/|stdio\/|third-party\/|catalogue\.test)/.test(file),
			);
			const called = files.flatMap(([, source]) => {
				const owned = [...source.matchAll(own)].map(([, name]) => name);
				const names = [...source.matchAll(call)].map(([, name, flag]) => name ?? flag ?? "");
				return names.filter((name) => !owned.includes(name));
			});
			expect(called.length).toBeGreaterThan(50);
			expect(called.filter((name) => !known.includes(name) && !name.startsWith("fly"))).toEqual([]);
		},
	);

	it("ask for nothing that does not exist, unless they say so", async () => {
		await expect(askTool("nonsuch", {}, {})).rejects.toThrow("There is no tool nonsuch.");
		const ofPrompt = { method: "prompts/get", params: { name: "nonsuch" } };
		expect(() => checkNames([LIST_TOOLS, ofPrompt])).toThrow("There is no prompt nonsuch.");
		const ofResource = { method: "resources/read", params: { uri: "nonsuch://1" } };
		expect(() => checkNames(ofResource)).toThrow("There is no resource nonsuch://1.");
		expect(() => checkNames([callTool("fly"), callTool("constructor")])).not.toThrow();
	});
});

describe("tools/list", () => {
	type Listed = { name: string; title: string; inputSchema: object; outputSchema?: object; annotations: object };
	/** Strangers have no permissions. */
	const shown = tools.filter(({ requires }) => way !== "none" || !requires);
	let listed: Listed[] = [];

	const list = async (options: Parameters<typeof signIn>[0]): Promise<Listed[]> => {
		const { access_token: token } = await signIn(options);
		const answer = await ask(LIST_TOOLS, { token, session: await openSession(token) });
		return (answer as { result: { tools: Listed[] } }).result.tools;
	};

	beforeAll(async () => {
		listed = await list({ permissions: Object.keys(server.permissions) });
	});

	it("shows title, schemas and all four annotations of every tool", () => {
		expect(listed.map(({ name }) => name)).toEqual(shown.map(({ name }) => name));
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

	it("has no characters that models read and people do not see: of format, of direction, tags", () => {
		const invisible = /[\p{Cf}\p{Co}]/u;
		for (const tool of listed)
			expect(invisible.exec(JSON.stringify(tool))?.[0].codePointAt(0), tool.name).toBeUndefined();
		expect("Adds\u{E0041}\u{E0064} two numbers").toMatch(invisible);
	});

	it("asks only for the arguments that have no default", () => {
		for (const { name, input } of shown) {
			const required = Object.entries(input.shape).flatMap(([argument, field]) => {
				return z.safeParse(field, undefined).success ? [] : [argument];
			});
			const schema = listed.find((tool) => tool.name === name)?.inputSchema;
			expect(Object(schema).required ?? [], name).toEqual(required);
		}
	});

	it.skipIf(way === "none")("leaves out what the user or the token may not use", async () => {
		const names = async (options: Parameters<typeof signIn>[0]) => (await list(options)).map(({ name }) => name);
		const those = (may: (tool: Tool) => boolean) => tools.filter(may).map(({ name }) => name);
		expect(await names({ permissions: [] })).toEqual(those(({ requires }) => requires === undefined));
		const permissions = Object.keys(server.permissions);
		expect(await names({ permissions })).toEqual(those(() => true));
		for (const scope of Object.keys(server.scopes)) {
			expect(await names({ permissions, scopes: [scope] })).toEqual(those((tool) => tool.scope === scope));
		}
	});
});
