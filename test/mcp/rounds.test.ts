import { env } from "cloudflare:workers";
import { Client } from "@modelcontextprotocol/client";
import { InMemoryTransport, inputRequired } from "@modelcontextprotocol/server";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { type Principal, runAs } from "../../src/auth/principal.ts";
import { definePrompt } from "../../src/mcp/define/prompt.ts";
import { defineTool } from "../../src/mcp/define/tool.ts";
import { createServer } from "../../src/mcp/sdk-server.ts";
import { createStatelessHandler } from "../../src/mcp/stateless.ts";
import { ORDINARY } from "../support/fixture/scopes.ts";
import { server as fixture } from "../support/fixture/server.ts";
import { ANNOTATIONS } from "../support/fixture/shared.ts";
import { DORA } from "../support/people.ts";
import { stateless } from "../support/stateless.ts";
import { LOCAL } from "../support/worker.ts";

/** After two rounds, each of which knows of the one before by the state that it carries. */
const ANSWERED = { structuredContent: { word: "two", asked: 2 } };

/** What the compiler would not let a tool return that does not say that it asks. */
const smuggle = async () => inputRequired({ requestState: "smuggled" }) as never;
const about = { name: "sly", title: "Sly", description: "Asks, and does not say that it does.", ...ORDINARY };
const sly = {
	tool: defineTool({ ...about, annotations: ANNOTATIONS, input: z.object({}), run: smuggle }),
	prompt: definePrompt({ ...about, args: z.object({}), messages: smuggle }),
};
const { tools, resources, prompts } = fixture.catalogue;
const catalogue = { tools: [...tools, sly.tool], resources, prompts: [...prompts, sly.prompt], skills: [] };

const handle = createStatelessHandler({ ...fixture, catalogue });

const principalNamed = (id: string, clientId = "client-1"): Principal => ({
	user: { ...DORA, id },
	clientId,
	expiresAt: undefined,
	permissions: [],
	scopes: ["tools", "identity"],
	requestId: "request-1",
	traceparent: undefined,
	upstreamToken: undefined,
	grantId: "grant-1",
	origin: LOCAL,
	pseudonym: "a-pseudonym",
	era: "2025" as const,
	isLocal: true,
});

type Round = { user?: string; client?: string; method?: string; name?: string; requestState?: string };

/** One round of the question, answered, with the state that the client carries. */
async function round({ user = "github-1", client, method = "tools/call", name = "ask", requestState }: Round = {}) {
	const answered = requestState
		? { requestState, inputResponses: { word: { action: "accept", content: { word: "two" } } } }
		: {};
	const params = { name, arguments: name === "ask" ? { rounds: 2 } : {}, ...answered };
	const { headers, message } = stateless(method, params, { elicitation: {} });
	const init = { method: "POST", headers: { ...headers, "Content-Type": "application/json", Host: "localhost:8788" } };
	const response = await handle(new Request(`${LOCAL}/mcp`, init), message, principalNamed(user, client));
	type Answer = { result?: { requestState?: string; content?: unknown }; error?: { code: number; message: string } };
	return response.json<Answer>();
}

const stateOf = async (options?: Round) => (await round(options)).result?.requestState ?? "";

describe("what a client carries between the rounds of a question", () => {
	it("comes back to the tool that gave it away", async () => {
		const second = await stateOf({ requestState: await stateOf() });
		expect((await round({ requestState: second })).result).toMatchObject(ANSWERED);
	});

	it.each<[string, (state: string) => Round]>([
		["changed", (state) => ({ requestState: `${state}x` })],
		["made up", () => ({ requestState: "v1.e30.e30" })],
		["by another user", (requestState) => ({ requestState, user: "github-2" })],
		["by another client of the user", (requestState) => ({ requestState, client: "client-2" })],
		["for something else", (requestState) => ({ requestState, method: "prompts/get", name: "interview" })],
	])("is refused when it comes back %s", async (_how, altered) => {
		expect((await round(altered(await stateOf()))).error).toEqual({
			code: -32602,
			message: "Invalid or expired requestState",
			data: { reason: "invalid_request_state" },
		});
	});
});

it("what one tool sealed is nothing to another", async () => {
	const { result } = await round({ requestState: await stateOf(), name: "caller" });
	expect(result).toMatchObject({ isError: true, content: [{ text: "Invalid or expired requestState" }] });
});

it("a question from what does not say that it asks is a failure, which the log explains", async () => {
	const log = vi.spyOn(console, "error").mockImplementation(() => {});
	const lines = () => log.mock.calls.map(([line]) => JSON.parse(line));
	const sentence = "sly failed unexpectedly. Contact the server's administrator and mention request ID request-1.";
	const cause = expect.stringContaining("does not say `asks: true`");
	expect((await round({ name: "sly" })).result).toMatchObject({ isError: true, content: [{ text: sentence }] });
	expect(lines()).toEqual([{ event: "tool_sly_failed", requestId: "request-1", cause }]);
	log.mockClear();
	expect((await round({ name: "sly", method: "prompts/get" })).error).toEqual({ code: -32603, message: sentence });
	expect(lines()).toEqual([{ event: "sly_failed", requestId: "request-1", cause }]);
	log.mockRestore();
});

it("progress is told once, though a tool that asks runs again for each round", async () => {
	const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
	const server = runAs(principalNamed("github-1"), () => createServer(env, fixture, { canAsk: true }));
	const client = new Client({ name: "test", version: "1" }, { capabilities: { elicitation: {} } });
	client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { word: "two" } }));
	const told: number[] = [];
	const result = await runAs(principalNamed("github-1"), async () => {
		await server.connect(serverSide);
		await client.connect(clientSide);
		return client.callTool(
			{ name: "ask", arguments: { rounds: 2 } },
			{ onprogress: ({ progress }) => told.push(progress) },
		);
	});
	expect(result).toMatchObject(ANSWERED);
	expect(told).toEqual([1]);
});
