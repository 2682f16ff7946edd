/// <reference types="vite/types/importMeta.d.ts" />
import { beforeAll, describe, expect, it } from "vitest";
import { PERMISSIONS, SCOPES } from "../../src/scopes.ts";
import type { Tool } from "../../src/tools/define.ts";
import { tools } from "../../src/tools/index.ts";
import { ask, LIST_TOOLS, openSession, signIn } from "../support/worker.ts";

const files = import.meta.glob("../../src/tools/*.ts", { eager: true });
const tests = Object.keys(import.meta.glob("./*.test.ts"));
const NOT_TOOLS = ["define", "index", "register", "placeholder-image"];

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

describe("the catalogue", () => {
	it("registers every file, each named after its tool and tested", () => {
		const names = Object.keys(files).map((path) => path.replace(/^.*\/(.+)\.ts$/, "$1"));
		expect(names.filter((name) => !NOT_TOOLS.includes(name)).sort()).toEqual(
			tools.map(({ name }) => kebab(name)).sort(),
		);
		for (const { name } of tools) expect(tests).toContain(`./${kebab(name)}.test.ts`);
	});

	it.each(tools)("describes $name for models and people", (tool) => {
		expect(tool.name).toMatch(/^[a-z][a-zA-Z]{1,62}$/);
		expect(tool.title.length).toBeGreaterThan(3);
		expect(tool.description.length).toBeGreaterThan(20);
		expect(tool.description.length).toBeLessThan(1024);
		for (const [name, field] of Object.entries(tool.input.shape)) {
			expect(field.description, `${tool.name}.${name}`).toBeTruthy();
		}
	});

	it.each(tools)("gates $name by a scope and a permission that exist", ({ scope, requires }) => {
		expect(Object.keys(SCOPES)).toContain(scope);
		if (requires) expect(PERMISSIONS).toContain(requires);
	});
});

describe("tools/list", () => {
	type Listed = { name: string; title: string; inputSchema: object; outputSchema: object; annotations: object };
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
			expect(tool.outputSchema).toMatchObject({ type: "object", properties: expect.any(Object) });
			expect(tool.annotations).toEqual({
				readOnlyHint: expect.any(Boolean),
				destructiveHint: expect.any(Boolean),
				idempotentHint: expect.any(Boolean),
				openWorldHint: expect.any(Boolean),
			});
		}
	});

	it("asks only for the arguments that have no default", () => {
		const { inputSchema } = listed.find(({ name }) => name === "generateImage") ?? {};
		expect(inputSchema).toMatchObject({
			required: ["prompt"],
			properties: { steps: { type: "integer", minimum: 4, maximum: 8, default: 4 } },
		});
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
