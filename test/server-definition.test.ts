/** What the compiler and `defineServer` say of a definition that is wrong. */
import { expect, it } from "vitest";
import { z } from "zod";
import { account } from "../src/account/extra.ts";
import type { Context } from "../src/mcp/context.ts";
import { defineServer } from "../src/mcp/define/server.ts";
import { defineTool } from "../src/mcp/define/tool.ts";
import type { Upstream } from "../src/mcp/define/upstream.ts";
import { anyone } from "../src/sign-in/anyone.ts";
import { apiKeys } from "../src/sign-in/api-keys.ts";
import { identityProviders } from "../src/sign-in/identity-providers.ts";
import { stdio } from "../src/stdio/extra.ts";

const info = { name: "own", title: "Own", version: "1.0.0" };
const signIn = identityProviders();
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
	expect(
		defineServer({ info, signIn, services: () => ({ clock }), catalogue: { tools: [needy] } }).catalogue.tools,
	).toEqual([needy]);
	// @ts-expect-error There are no services.
	defineServer({ info, signIn, catalogue: { tools: [needy] } });
	// @ts-expect-error There is another one.
	defineServer({ info, signIn, services: () => ({ watch: clock }), catalogue: { tools: [needy] } });
});

it("a tool that calls an API compiles where it is named", () => {
	const crm = identityProviders({ apis: { crm: "https://crm.example.com" } });
	expect(defineServer({ info, signIn: crm, catalogue: { tools: [calling] } }).signIn.apis).toHaveProperty("crm");
	// @ts-expect-error There is no such API.
	defineServer({ info, signIn, catalogue: { tools: [calling] } });
	const erp = identityProviders({ apis: { erp: "https://erp.example.com" } });
	// @ts-expect-error Its name is another.
	defineServer({ info, signIn: erp, catalogue: { tools: [calling] } });
	// @ts-expect-error Keys are no tokens of an identity provider.
	defineServer({ info, signIn: apiKeys(), catalogue: { tools: [calling] } });
});

it("services know the state of the definition", () => {
	defineServer({ info, signIn, state: { counter: Counter }, services: ({ state }) => ({ counter: state.counter }) });
	// @ts-expect-error There is no such state.
	defineServer({ info, signIn, state: { counter: Counter }, services: ({ state }) => ({ counter: state.notes }) });
});

it("every name that is used and not defined is told at once", () => {
	const tools = [
		{ ...needy, name: "one", scope: "elsewhere" },
		{ ...needy, name: "one", requires: "nothing" },
	];
	const scopes = { tools: { sentence: "Use them", permission: "missing" } };
	const services = () => ({ clock: { now: () => 1 } });
	expect(() => defineServer({ info, signIn, scopes, services, catalogue: { tools } })).toThrow(
		/^src\/server\.ts: .*missing.*elsewhere.*two by the name one.*requires nothing/s,
	);
});

it("a summary that the MCP registry would refuse is told", () => {
	const define = (length: number) => defineServer({ info: { ...info, summary: "x".repeat(length) }, signIn });
	expect(() => define(101)).toThrow("The summary is longer than 100 characters.");
	expect(define(100).info.summary).toHaveLength(100);
});

it.each([
	["crm", "http://crm.example.com", "The API crm needs an https address."],
	["crm", "crm.example.com", "The API crm needs an https address."],
	["fetch", "https://fetch.example.com", "An API cannot be called fetch."],
])("the user's token does not go to an API %s at %s", (name, url, sentence) => {
	expect(() => identityProviders({ apis: { [name]: url } })).toThrow(`src/server.ts: ${sentence}`);
});

it("where users do not come back, nothing is offered that would keep something for them", () => {
	const tools = [
		{ ...needy, name: "one" },
		{ ...needy, name: "kept", needsUser: true },
	];
	const services = () => ({ clock: { now: () => 1 } });
	const definition = { info, state: { counter: Counter }, services, catalogue: { tools }, extras: [stdio()] };
	const open = defineServer({ ...definition, signIn: anyone() });
	expect(open.catalogue.tools.map(({ name }) => name)).toEqual(["one"]);
	expect(open).toMatchObject({ state: {}, extras: [], permissions: {} });
	for (const signIn of [identityProviders(), apiKeys()]) {
		const closed = defineServer({ ...definition, signIn });
		expect(closed.catalogue.tools).toHaveLength(2);
		expect(closed.extras).toHaveLength(1);
	}
});

it("the account pages are there only where users sign in with a browser", () => {
	const extras = [account()];
	expect(defineServer({ info, signIn, extras }).pages.map(({ path }) => path)).toEqual(["/account"]);
	expect(defineServer({ info, signIn: apiKeys(), extras }).pages).toEqual([]);
	expect(defineServer({ info, signIn: anyone(), extras }).pages).toEqual([]);
	expect(defineServer({ info, signIn }).pages).toEqual([]);
});

it("what only tasks have is said of tools that can be tasks", () => {
	const tool = { ...about, name: "slow", run: async () => ({ content: [] }) };
	const define = (words: object, way = signIn) =>
		defineServer({ info, signIn: way, catalogue: { tools: [{ ...tool, ...words }] } });
	for (const word of ["restartable", "onlyAsTask"]) {
		expect(() => define({ [word]: true })).toThrow(`slow says ${word}, and does not say long.`);
		expect(define({ [word]: true, long: true }).catalogue.tools).toHaveLength(1);
	}
	expect(() => define({ asksFirst: true, long: true })).toThrow("slow says asksFirst, and does not say asks.");
	expect(define({ asksFirst: true, long: true, asks: true }).catalogue.tools).toHaveLength(1);
	expect(() => define({ onlyAsTask: true, long: true }, anyone())).toThrow("there are no tasks without users");
});
