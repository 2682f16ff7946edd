/** What the usual template for sessions has: an McpAgent with one tool. */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { McpAgent } from "agents/mcp";
import { z } from "zod";

export class StockMcp extends McpAgent<Env> {
	server = new McpServer({ name: "stock", version: "1" });

	async init() {
		const schema = { inputSchema: { a: z.number(), b: z.number() }, outputSchema: { sum: z.number() } };
		this.server.registerTool("add", schema, async ({ a, b }) => {
			return { content: [{ type: "text", text: String(a + b) }], structuredContent: { sum: a + b } };
		});
	}
}
