/** What the usual template for 2026-07-28 has: createMcpHandler with one tool. */
import { McpServer } from "@modelcontextprotocol/server";
import { createMcpHandler } from "agents/mcp/server";
import { z } from "zod";

export const stateless = createMcpHandler(() => {
	const server = new McpServer({ name: "stock", version: "1" });
	const inputSchema = z.object({ a: z.number(), b: z.number() });
	const outputSchema = z.object({ sum: z.number() });
	server.registerTool("add", { inputSchema, outputSchema }, async ({ a, b }) => {
		return { content: [{ type: "text", text: String(a + b) }], structuredContent: { sum: a + b } };
	});
	return server;
});
