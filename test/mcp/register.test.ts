import { env } from "cloudflare:workers";
import { Client } from "@modelcontextprotocol/client";
import { InMemoryTransport, McpServer } from "@modelcontextprotocol/server";
import { describe, expect, it, vi } from "vitest";
import { type Principal, runAs } from "../../src/auth/principal.ts";
import { registerTools } from "../../src/mcp/register/tools.ts";
import { server as fixture } from "../support/fixture/server.ts";
import { CRASH_CAUSE, fail } from "../support/fixture/tools.ts";
import { DORA } from "../support/people.ts";

const principal: Principal = {
	user: DORA,
	clientId: "client-1",
	expiresAt: undefined,
	permissions: [],
	scopes: ["tools"],
	requestId: "request-1",
	traceparent: undefined,
	upstreamToken: undefined,
	grantId: "grant-1",
	origin: "https://mcp.example.com",
	pseudonym: "a-pseudonym",
	era: "2025" as const,
	isLocal: false,
};

async function callFailing(how: string, as = principal) {
	const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
	const server = new McpServer({ name: "test", version: "1" });
	registerTools(server, [fail], { env, server: fixture, canAsk: true, clientCapabilities: () => ({}) });
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
		expect(JSON.stringify(content)).toContain("mention request ID request-1");
		expect(JSON.stringify(content)).not.toContain(CRASH_CAUSE);
		expect(JSON.parse(log.mock.calls[0]?.[0])).toMatchObject({
			event: "tool_fail_failed",
			requestId: "request-1",
			cause: expect.stringContaining(CRASH_CAUSE),
		});
		log.mockRestore();
	});

	it("by answering against its own output schema is an error", async () => {
		expect((await callFailing("lie")).isError).toBe(true);
	});

	it("is not called at all without its scope", async () => {
		const { isError, content } = await callFailing("crash", { ...principal, scopes: ["identity"] });
		expect(isError).toBe(true);
		expect(JSON.stringify(content)).toContain("needs the scope");
	});
});

it.each([
	["refuse", "failed", principal],
	["crash", "error", principal],
	["no such way", "invalid", principal],
	["crash", "refused", { ...principal, scopes: ["identity"] as const }],
])("%s is logged as %s, without what was asked", async (how, outcome, as) => {
	const log = vi.spyOn(console, "log").mockImplementation(() => {});
	const errors = vi.spyOn(console, "error").mockImplementation(() => {});
	await callFailing(how, as);
	const line = {
		event: "tool_call",
		requestId: "request-1",
		tool: "fail",
		user: "a-pseudonym",
		client: "client-1",
		era: "2025",
		outcome,
	};
	expect(log.mock.calls.map(([text]) => JSON.parse(text))).toEqual([{ ...line, milliseconds: expect.any(Number) }]);
	expect(log.mock.calls.join()).not.toContain(how);
	log.mockRestore();
	errors.mockRestore();
});
