/** Registers the tools on an MCP server, and gates them: on listing, on calls, on the token's scopes. */
import { waitUntil } from "cloudflare:workers";
import {
	type CallToolResult,
	isInputRequiredResult,
	type Tool as ListedTool,
	type McpServer,
} from "@modelcontextprotocol/server";
import { logError, UserError } from "../errors.ts";
import { currentCaller } from "../mcp/caller.ts";
import { type Context, contextOf } from "../mcp/context.ts";
import { permitted, refusal } from "../mcp/gate.ts";
import type { Tool } from "./define.ts";
import { convertedOnce } from "./schema.ts";

/**
 * Registers tools on a server; who may see and call them is decided for each message, from its caller.
 *
 * @param env what the tools work with: Workers AI, the settings, the grants
 */
export function registerTools(server: McpServer, tools: readonly Tool[], env: Env): void {
	if (tools.length === 0) return;
	for (const tool of tools) {
		const { title, description, annotations, input, output } = tool;
		const schemas = { inputSchema: convertedOnce(input), ...(output && { outputSchema: convertedOnce(output) }) };
		const config = { title, description, annotations, ...schemas };
		server.registerTool(tool.name, config, (args, mcp) => callTool(tool, args, contextOf(tool.name, env, server, mcp)));
	}
	server.server.setRequestHandler("tools/list", () => ({ tools: permitted(tools, currentCaller()).map(describeTool) }));
}

/** A tool as `tools/list` shows it. */
function describeTool({ name, title, description, annotations, input, output }: Tool): ListedTool {
	const jsonSchemaOf = (schema: typeof input) => convertedOnce(schema)["~standard"].jsonSchema;
	const options = { target: "draft-2020-12" } as const;
	const inputSchema = jsonSchemaOf(input).input(options) as ListedTool["inputSchema"];
	const outputSchema = output && (jsonSchemaOf(output).output(options) as ListedTool["inputSchema"]);
	return { name, title, description, inputSchema, ...(outputSchema && { outputSchema }), annotations };
}

async function callTool(tool: Tool, args: Record<string, unknown>, context: Context) {
	const refused = refusal(tool, context);
	if (refused) return failed(refused);
	try {
		const running = tool.run(args, context);
		// Of a request whose client is gone, a tool that was told so by its signal may still put things in order.
		waitUntil(running.catch(() => {}));
		const result = await running;
		if (isInputRequiredResult(result)) return result;
		const { content, structured } = result;
		return { content: [...content], ...(structured && { structuredContent: structured }) };
	} catch (error) {
		if (error instanceof UserError) return failed(error.message);
		logError(`tool_${tool.name}_failed`, error, context.requestId);
		return failed(`${tool.name} failed unexpectedly. Quote request ${context.requestId} to whoever runs this server.`);
	}
}

function failed(text: string): CallToolResult {
	return { isError: true, content: [{ type: "text", text }] };
}
