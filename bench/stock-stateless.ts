/** What the stateless template does: OAuthProvider in front of createMcpHandler, one tool, everyone let in. */
import { McpServer } from "@modelcontextprotocol/server";
import { createMcpHandler } from "agents/mcp/server";
import { z } from "zod";
import { stockOAuth } from "./stock-oauth.ts";

const handler = createMcpHandler(() => {
	const server = new McpServer({ name: "stock", version: "1" });
	const inputSchema = z.object({ a: z.number(), b: z.number() });
	const outputSchema = z.object({ sum: z.number() });
	server.registerTool("add", { inputSchema, outputSchema }, async ({ a, b }) => {
		return { content: [{ type: "text", text: String(a + b) }], structuredContent: { sum: a + b } };
	});
	return server;
});

export default stockOAuth("http://localhost:8800", {
	fetch: (request: Request, env: unknown, ctx: ExecutionContext) => handler(request, env, ctx),
});
