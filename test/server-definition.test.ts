/** What the compiler and `defineServer` say of a definition that is wrong. */
import { expect, it } from "vitest";
import { z } from "zod";
import type { Upstream } from "../src/identity/upstream-api.ts";
import type { Context } from "../src/mcp/context.ts";
import { defineServer } from "../src/mcp/define/server.ts";
import { defineTool } from "../src/mcp/define/tool.ts";

const info = { name: "own", title: "Own", version: "1.0.0" };
const about = {
	title: "Own",
	description: "A tool of one's own.",
	scope: "tools",
	annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
	input: z.object({}),
};
const needy = defineTool({
	...about,
	name: "needy",
	run: async (_args, { clock }: Context<{ clock: { now(): number } }>) => ({
		content: [{ type: "text", text: String(clock.now()) }],
	}),
});
const calling = defineTool({
	...about,
	name: "calling",
	run: async (_args, { upstream }: Context<{ upstream: Upstream<"crm"> | undefined }>) => {
		await upstream?.crm.fetch("/me");
		return { content: [] };
	},
});

class Counter {
	count(): number {
		return 1;
	}
}

it("a tool that needs a service compiles where there is one, and nowhere else", () => {
	const clock = { now: () => 1 };
	expect(defineServer({ info, services: () => ({ clock }), catalogue: { tools: [needy] } }).catalogue.tools).toEqual([
		needy,
	]);
	// @ts-expect-error There are no services.
	defineServer({ info, catalogue: { tools: [needy] } });
	// @ts-expect-error There is another one.
	defineServer({ info, services: () => ({ watch: clock }), catalogue: { tools: [needy] } });
});

it("a tool that calls an API compiles where it is named", () => {
	const apis = { crm: "https://crm.example.com" };
	expect(defineServer({ info, apis, catalogue: { tools: [calling] } }).apis).toEqual(apis);
	// @ts-expect-error There is no such API.
	defineServer({ info, catalogue: { tools: [calling] } });
	// @ts-expect-error Its name is another.
	defineServer({ info, apis: { erp: "https://erp.example.com" }, catalogue: { tools: [calling] } });
});

it("services know the state of the definition", () => {
	defineServer({ info, state: { counter: Counter }, services: ({ state }) => ({ counter: state.counter }) });
	// @ts-expect-error There is no such state.
	defineServer({ info, state: { counter: Counter }, services: ({ state }) => ({ counter: state.notes }) });
});

it("every name that is used and not defined is told at once", () => {
	const tools = [
		{ ...needy, name: "one", scope: "elsewhere" },
		{ ...needy, name: "one", requires: "nothing" },
	];
	const scopes = { tools: { sentence: "Use them", permission: "missing" } };
	const services = () => ({ clock: { now: () => 1 } });
	const apis = { crm: "http://crm.example.com", fetch: "https://fetch.example.com" };
	expect(() => defineServer({ info, scopes, services, apis, catalogue: { tools } })).toThrow(
		/^src\/server\.ts: .*API crm needs an https address.*cannot be called fetch.*missing.*elsewhere.*two by the name one.*requires nothing/s,
	);
});
