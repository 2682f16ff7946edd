/** The MCP server behind every era of the protocol: its name, its instructions, and what the catalogue offers. */
import { McpServer, type ServerCapabilities } from "@modelcontextprotocol/server";
import type { Catalogue } from "../catalogue.ts";
import { registerPrompts } from "../prompts/register.ts";
import { registerResources } from "../resources/register.ts";
import { registerTools } from "../tools/register.ts";
import { verifyState } from "./request-state.ts";
import { SERVER_INFO } from "./server-info.ts";

/**
 * A server that is not yet connected to a transport.
 *
 * @param capabilities what the transport adds to the catalogue's own
 */
export function createServer(env: Env, catalogue: Catalogue, capabilities: ServerCapabilities): McpServer {
	const server = new McpServer(SERVER_INFO, {
		instructions: "Tools act for the user who signed in. Call whoami to see who that is and what they may do.",
		capabilities,
		requestState: { verify: (sealed, mcp) => verifyState(env, sealed, mcp) },
	});
	registerTools(server, catalogue.tools, env);
	registerResources(server, catalogue.resources, env);
	registerPrompts(server, catalogue.prompts, env);
	return server;
}
