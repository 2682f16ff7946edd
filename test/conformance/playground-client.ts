/**
 * The client of the playground as a program, for the client scenarios of the conformance suite: what the page has in
 * its stores is in memory here, and a redirect is followed at once.
 */
import { type Client, type Tool, UnauthorizedError } from "@modelcontextprotocol/client";
import { z } from "zod";
import { connect, createTransport } from "../../src/playground/browser/connection.ts";
import { BrowserOAuth, type Store } from "../../src/playground/browser/oauth.ts";
import { requestTool } from "../../src/playground/browser/tool-request.ts";

const REDIRECT_URL = "http://localhost:33418/playground";

function newStore(): Store {
	const items = new Map<string, string>();
	return {
		getItem: (key) => items.get(key) ?? null,
		setItem: (key, value) => void items.set(key, value),
		removeItem: (key) => void items.delete(key),
	};
}

/** What a scenario wants called, if it says so. */
const contextSchema = z.object({
	toolCalls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })).default([]),
});

const { MCP_CONFORMANCE_PROTOCOL_VERSION: version, MCP_CONFORMANCE_CONTEXT: context = "{}" } = process.env;
const { toolCalls } = contextSchema.parse(JSON.parse(context));
const url = new URL(process.argv.at(-1) ?? "");
const way = version === "2026-07-28" ? ("stateless" as const) : ("session" as const);

let redirected: URL | undefined;
const oauth = new BrowserOAuth({
	redirectUrl: REDIRECT_URL,
	clientName: "Playground",
	session: newStore(),
	lasting: newStore(),
	redirect: (address) => {
		redirected = address;
	},
});
const settings = { url, way, authProvider: oauth, ask: async () => ({ action: "accept" as const, content: {} }) };

/** What the page does when the browser comes back. */
async function followRedirect(): Promise<void> {
	if (!redirected) throw new Error("There is no sign-in to follow");
	const response = await fetch(redirected, { redirect: "manual" });
	const returned = new URL(response.headers.get("Location") ?? "", redirected);
	redirected = undefined;
	if (!oauth.isReturn(returned.searchParams)) throw new Error(`Not the way back: ${returned}`);
	await createTransport(settings).finishAuth(returned.searchParams);
}

/** Connects, and uses all that is offered, as a user would. */
async function visit(): Promise<void> {
	const connection = await connect(settings);
	try {
		await use(connection.client);
	} finally {
		await connection.close();
	}
}

async function use(client: Client): Promise<void> {
	const { tools, prompts, resources } = client.getServerCapabilities() ?? {};
	if (resources) await client.listResources();
	if (prompts) await client.listPrompts();
	if (!tools) return;
	for (const tool of (await client.listTools()).tools) {
		const { arguments: args = examplesFor(tool) } = toolCalls.find(({ name }) => name === tool.name) ?? {};
		await requestTool(client, tool, { arguments: args }).catch(show);
	}
}

function examplesFor({ inputSchema: { properties = {}, required = [] } }: Tool): Record<string, unknown> {
	return Object.fromEntries(required.map((name) => [name, exampleOf(Object(properties[name]).type)]));
}

const exampleOf = (type: unknown) =>
	({ number: 5, integer: 5, boolean: true, array: [], object: {} })[String(type)] ?? "text";

/** A call that fails is shown at its tool, and the others can be called. */
function show(error: unknown): void {
	if (UnauthorizedError.isInstance(error)) throw error;
	console.error(error);
}

/** A user signs in each time that the access has ended. */
const MAX_VISITS = 6;
for (let visits = 1; ; visits++) {
	// As the button of the page does.
	oauth.allowRedirect();
	try {
		await visit();
		break;
	} catch (error) {
		if (!UnauthorizedError.isInstance(error) || visits === MAX_VISITS) throw error;
		if (oauth.hasTokens) oauth.forgetTokens();
		else await followRedirect();
	}
}
