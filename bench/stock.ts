/** What the usual template does: OAuthProvider in front of McpAgent.serve, one tool, everyone let in. */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { McpAgent } from "agents/mcp";
import { z } from "zod";
import { stockOAuth } from "./stock-oauth.ts";

export class StockMcp extends McpAgent<Env> {
	server = new McpServer({ name: "stock", version: "1" });

	async init() {
		const schema = { inputSchema: { a: z.number(), b: z.number() }, outputSchema: { sum: z.number() } };
		this.server.registerTool("add", schema, async ({ a, b }) => {
			return { content: [{ type: "text", text: String(a + b) }], structuredContent: { sum: a + b } };
		});
	}
}

export default stockOAuth("http://localhost:8799", StockMcp.serve("/mcp"));
