/** The MCP server that every session runs: its name, its instructions, its tools. */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/cfworker-provider.js";
import { tools } from "../tools/index.ts";
import { registerTools } from "../tools/register.ts";
import { SERVER_INFO } from "./server-info.ts";

/** A server that is not yet connected to a transport. */
export function createServer(env: Env): McpServer {
	const server = new McpServer(SERVER_INFO, {
		instructions: "Tools act for the user who signed in. Call whoami to see who that is and what they may do.",
		// The SDK's default validator compiles code, which the Workers runtime forbids.
		jsonSchemaValidator: new CfWorkerJsonSchemaValidator(),
	});
	registerTools(server, tools, env);
	return server;
}
