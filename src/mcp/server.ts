/** The MCP server behind every era of the protocol: its name, its instructions, and what the catalogue offers. */
import { McpServer, type ServerCapabilities } from "@modelcontextprotocol/server";
import type { Catalogue } from "../catalogue.ts";
import { registerPrompts } from "../prompts/register.ts";
import { registerResources } from "../resources/register.ts";
import { registerTools } from "../tools/register.ts";
import type { Serving } from "./context.ts";
import { verifyState } from "./request-state.ts";
import { SERVER_INFO } from "./server-info.ts";
import { capabilitiesOf, type Session } from "./session-id.ts";

/** Beside those that come with what the catalogue offers. */
const CAPABILITIES: ServerCapabilities = { logging: {}, resources: { subscribe: true } };

type ServerOptions = {
	/** The session that a message belongs to, in the eras that have them. */
	readonly session?: Pick<Session, "asks">;
	/** Whether an `inputRequired` result gets to the client. */
	readonly canAsk: boolean;
};

/** A server that is not yet connected to a transport. */
export function createServer(env: Env, catalogue: Catalogue, options: ServerOptions): McpServer {
	const { session, canAsk } = options;
	const server = new McpServer(SERVER_INFO, {
		...(catalogue.instructions !== undefined && { instructions: catalogue.instructions }),
		capabilities: CAPABILITIES,
		requestState: { verify: (sealed, mcp) => verifyState(env, sealed, mcp) },
	});
	const serving: Serving = {
		env,
		canAsk,
		clientCapabilities: () => (session ? capabilitiesOf(session) : (server.server.getClientCapabilities() ?? {})),
	};
	registerTools(server, catalogue.tools, serving);
	registerResources(server, catalogue.resources, serving);
	registerPrompts(server, catalogue.prompts, serving);
	return server;
}
