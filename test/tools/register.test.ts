import { env } from "cloudflare:workers";
import { Client } from "@modelcontextprotocol/client";
import { InMemoryTransport, McpServer } from "@modelcontextprotocol/server";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { UserError } from "../../src/errors.ts";
import { type Caller, runAs } from "../../src/mcp/caller.ts";
import { defineTool } from "../../src/tools/define.ts";
import { registerTools } from "../../src/tools/register.ts";
import { DORA } from "../support/people.ts";

const annotations = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

const fail = defineTool({
	name: "fail",
	title: "Fail",
	description: "Fails in the way it is told to.",
	scope: "tools",
	annotations,
	input: z.object({ how: z.enum(["refuse", "crash", "lie"]).describe("How to fail") }),
	output: z.object({ count: z.number() }),
	async run({ how }) {
		if (how === "refuse") throw new UserError("The shop is closed. Try tomorrow.");
		if (how === "crash") throw new Error("password=hunter2");
		return { content: [], structured: JSON.parse('{"count":"not a number"}') };
	},
});

const caller: Caller = {
	user: DORA,
	permissions: [],
	scopes: ["tools"],
	requestId: "request-1",
	upstreamToken: undefined,
	grantId: "grant-1",
	origin: "https://mcp.example.com",
	isLocal: false,
};

async function callFailing(how: string, as = caller) {
	const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
	const server = new McpServer({ name: "test", version: "1" });
	registerTools(server, [fail], env);
	await server.connect(serverSide);
	const client = new Client({ name: "test", version: "1" });
	return runAs(as, async () => {
		await client.connect(clientSide);
		return client.callTool({ name: "fail", arguments: { how } });
	});
}

describe("a tool that fails", () => {
	it("on purpose tells the model why", async () => {
		const { isError, content } = await callFailing("refuse");
		expect(isError).toBe(true);
		expect(content).toEqual([{ type: "text", text: "The shop is closed. Try tomorrow." }]);
	});

	it("unexpectedly tells the model only the request id, and the log the rest", async () => {
		const log = vi.spyOn(console, "error").mockImplementation(() => {});
		const { isError, content } = await callFailing("crash");
		expect(isError).toBe(true);
		expect(JSON.stringify(content)).toContain("Quote request request-1");
		expect(JSON.stringify(content)).not.toContain("hunter2");
		expect(JSON.parse(log.mock.calls[0]?.[0])).toMatchObject({
			event: "tool_fail_failed",
			requestId: "request-1",
			cause: expect.stringContaining("hunter2"),
		});
		log.mockRestore();
	});

	it("by answering against its own output schema is an error", async () => {
		expect((await callFailing("lie")).isError).toBe(true);
	});

	it("is not called at all without its scope", async () => {
		const { isError, content } = await callFailing("crash", { ...caller, scopes: ["identity"] });
		expect(isError).toBe(true);
		expect(JSON.stringify(content)).toContain("needs the scope");
	});
});
