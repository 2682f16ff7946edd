/** Registers the tools on an MCP server of SDK v1, and gates them: on listing, on calls, on the token's scopes. */
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import {
	type CallToolResult,
	type Tool as ListedTool,
	ListToolsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { logError, UserError } from "../errors.ts";
import { LOCAL_PROVIDER } from "../identity/local.ts";
import { upstreamOf } from "../identity/upstream-api.ts";
import { type Caller, currentCaller } from "../mcp/caller.ts";
import type { Scope } from "../scopes.ts";
import type { Tool, ToolContext } from "./define.ts";

/**
 * Registers tools on a server; who may see and call them is decided for each message, from its caller.
 *
 * @param env what the tools work with: Workers AI, the settings, the grants
 */
export function registerTools(server: McpServer, tools: readonly Tool[], env: Env): void {
	for (const tool of tools) {
		const { title, description, annotations } = tool;
		const config = { title, description, annotations, inputSchema: tool.input, outputSchema: tool.output };
		server.registerTool(tool.name, config, (args, { signal }) => {
			const caller = currentCaller();
			const { upstreamToken: _token, grantId: _grant, ...visible } = caller;
			return callTool(tool, args, { ...visible, ai: env.AI, upstream: upstreamOf(caller, env), signal });
		});
	}
	server.server.setRequestHandler(ListToolsRequestSchema, () => {
		const caller = currentCaller();
		return { tools: tools.filter((tool) => refusal(tool, caller) === undefined).map(describeTool) };
	});
}

/**
 * The scopes a token would need to call these tools and lacks, though its user could grant them. The answer to
 * such a call is a step-up challenge (MCP authorization, scope challenge handling) instead of a refusal.
 */
export function missingScopes(tools: readonly Tool[], toolNames: readonly unknown[], caller: Caller): Scope[] {
	const called = tools.filter((tool) => toolNames.includes(tool.name) && isPermittedTool(tool, caller));
	return [...new Set(called.map((tool) => tool.scope))].filter((scope) => !caller.scopes.includes(scope));
}

const described = new WeakMap<Tool, ListedTool>();

/** A tool as `tools/list` shows it. Made once: converting the schemas costs more than most calls. */
function describeTool(tool: Tool): ListedTool {
	const known = described.get(tool);
	if (known) return known;
	const { name, title, description, annotations } = tool;
	const inputSchema = z.toJSONSchema(tool.input, { io: "input" }) as ListedTool["inputSchema"];
	const outputSchema = z.toJSONSchema(tool.output, { io: "output" }) as ListedTool["outputSchema"];
	const made = { name, title, description, inputSchema, outputSchema, annotations };
	described.set(tool, made);
	return made;
}

function isPermittedTool(tool: Tool, caller: Pick<Caller, "permissions">): boolean {
	return tool.requires === undefined || caller.permissions.includes(tool.requires);
}

/** Why a caller may not use a tool, as a sentence for the model; undefined if they may. */
function refusal(tool: Tool, caller: Pick<Caller, "permissions" | "scopes" | "user">): string | undefined {
	if (!isPermittedTool(tool, caller)) {
		return `${tool.name} needs the permission "${tool.requires}", which ${caller.user.login} does not have on this server. ${caller.user.provider === LOCAL_PROVIDER ? "Sign in again and tick it." : "Ask whoever runs the server for it."}`;
	}
	if (!caller.scopes.includes(tool.scope)) {
		return `${tool.name} needs the scope "${tool.scope}", which was not granted to this connection. Sign in again and allow it.`;
	}
	return undefined;
}

async function callTool(tool: Tool, args: Record<string, unknown>, context: ToolContext): Promise<CallToolResult> {
	const refused = refusal(tool, context);
	if (refused) return failed(refused);
	try {
		const { content, structured } = await tool.run(args, context);
		return { content: [...content], structuredContent: structured };
	} catch (error) {
		if (error instanceof UserError) return failed(error.message);
		logError(`tool_${tool.name}_failed`, error, context.requestId);
		return failed(`${tool.name} failed unexpectedly. Quote request ${context.requestId} to whoever runs this server.`);
	}
}

function failed(text: string): CallToolResult {
	return { isError: true, content: [{ type: "text", text }] };
}
