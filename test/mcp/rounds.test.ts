import { env } from "cloudflare:workers";
import { Client } from "@modelcontextprotocol/client";
import { InMemoryTransport, inputRequired, inputResponse } from "@modelcontextprotocol/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Catalogue } from "../../src/catalogue.ts";
import { type Caller, runAs } from "../../src/mcp/caller.ts";
import type { Context } from "../../src/mcp/context.ts";
import { createServer } from "../../src/mcp/server.ts";
import { createStatelessHandler } from "../../src/mcp/stateless.ts";
import { definePrompt } from "../../src/prompts/define.ts";
import { defineTool } from "../../src/tools/define.ts";
import { DORA } from "../support/people.ts";
import { stateless } from "../support/stateless.ts";
import { LOCAL } from "../support/worker.ts";

const about = { title: "Count", description: "Counts the rounds of a question.", scope: "tools" } as const;
const requestedSchema = { type: "object" as const, properties: { more: { type: "boolean" as const } } };

/** Asks again and again, and counts in what the client carries from round to round. */
async function ask({ request, sealState, sealedState, progress }: Context) {
	const rounds = z.object({ rounds: z.int() }).safeParse(sealedState).data?.rounds ?? 0;
	await progress(1, 2, "Asking");
	if (inputResponse(request.inputResponses, "more").kind === "missing" || rounds < 2) {
		const more = inputRequired.elicit({ message: "More?", requestedSchema });
		return inputRequired({ inputRequests: { more }, requestState: await sealState({ rounds: rounds + 1 }) });
	}
	return rounds;
}

const catalogue: Catalogue = {
	tools: [
		...["count", "another"].map((name) =>
			defineTool({
				...about,
				name,
				annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
				input: z.object({}),
				async run(_args, context) {
					const rounds = await ask(context);
					return typeof rounds === "number" ? { content: [{ type: "text", text: `${rounds} rounds` }] } : rounds;
				},
			}),
		),
	],
	resources: [],
	prompts: [
		definePrompt({
			...about,
			name: "count",
			args: z.object({}),
			async messages(_args, context) {
				const rounds = await ask(context);
				if (typeof rounds !== "number") return rounds;
				return [{ role: "user", content: { type: "text", text: `${rounds} rounds` } }];
			},
		}),
	],
};

const handle = createStatelessHandler(catalogue);

const callerNamed = (id: string): Caller => ({
	user: { ...DORA, id },
	permissions: [],
	scopes: ["tools"],
	requestId: "request-1",
	upstreamToken: undefined,
	grantId: "grant-1",
	origin: LOCAL,
	isLocal: true,
});

type Round = { user?: string; method?: string; name?: string; requestState?: string };

/** One round of the question, answered, with the state that the client carries. */
async function round({ user = "github-1", method = "tools/call", name = "count", requestState }: Round = {}) {
	const answered = requestState ? { requestState, inputResponses: { more: { action: "accept", content: {} } } } : {};
	const params = { name, arguments: {}, ...answered };
	const { headers, message } = stateless(method, params, { elicitation: {} });
	const init = { method: "POST", headers: { ...headers, "Content-Type": "application/json", Host: "localhost:8788" } };
	const response = await handle(new Request(`${LOCAL}/mcp`, init), message, callerNamed(user));
	type Answer = { result?: { requestState?: string; content?: unknown }; error?: { code: number; message: string } };
	return response.json<Answer>();
}

const stateOf = async (options?: Round) => (await round(options)).result?.requestState ?? "";

describe("what a client carries between the rounds of a question", () => {
	it("comes back to the tool that gave it away", async () => {
		const second = await stateOf({ requestState: await stateOf() });
		expect((await round({ requestState: second })).result?.content).toEqual([{ type: "text", text: "2 rounds" }]);
	});

	it.each<[string, (state: string) => Round]>([
		["changed", (state) => ({ requestState: `${state}x` })],
		["made up", () => ({ requestState: "v1.e30.e30" })],
		["by another user", (requestState) => ({ requestState, user: "github-2" })],
		["for something else", (requestState) => ({ requestState, method: "prompts/get" })],
	])("is refused when it comes back %s", async (_how, altered) => {
		expect((await round(altered(await stateOf()))).error).toEqual({
			code: -32602,
			message: "Invalid or expired requestState",
			data: { reason: "invalid_request_state" },
		});
	});
});

it("what one tool sealed is nothing to another", async () => {
	const { result } = await round({ requestState: await stateOf(), name: "another" });
	expect(result).toMatchObject({ isError: true, content: [{ text: "Invalid or expired requestState" }] });
});

it("progress is told once, though a tool that asks runs again for each round", async () => {
	const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
	const server = createServer(env, catalogue, {});
	const client = new Client({ name: "test", version: "1" }, { capabilities: { elicitation: {} } });
	client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { more: true } }));
	const told: number[] = [];
	const result = await runAs(callerNamed("github-1"), async () => {
		await server.connect(serverSide);
		await client.connect(clientSide);
		return client.callTool({ name: "count" }, { onprogress: ({ progress }) => told.push(progress) });
	});
	expect(result.content).toEqual([{ type: "text", text: "2 rounds" }]);
	expect(told).toEqual([1]);
});
