/** Makes the SDK's MCP server, for every version of the protocol, with the items of the catalogue. */
import { McpServer, type ServerCapabilities } from "@modelcontextprotocol/server";
import { currentPrincipal } from "../auth/principal.ts";
import type { Serving } from "./context.ts";
import type { Server } from "./definition.ts";
import { implementationOf } from "./implementation.ts";
import { registerCompletion } from "./register/completion.ts";
import { registerPrompts } from "./register/prompts.ts";
import { registerResources } from "./register/resources.ts";
import { registerSkills } from "./register/skills.ts";
import { registerTools } from "./register/tools.ts";
import { verifyState } from "./request-state.ts";
import { type ClientClaims, capabilitiesOf } from "./session-id.ts";

/** Capabilities in addition to those of the catalogue's items. */
const CAPABILITIES: ServerCapabilities = { logging: {}, resources: { subscribe: true } };

type ServerOptions = {
	/** The session that a message belongs to, if its protocol version has sessions. */
	readonly session?: ClientClaims;
	/** Whether an `inputRequired` result can reach the client. */
	readonly canAsk: boolean;
} & Pick<Serving, "onCall">;

/** Makes a server that is not yet connected to a transport. */
export function createServer(env: Env, definition: Server, options: ServerOptions): McpServer {
	const { session, canAsk, onCall } = options;
	const { catalogue } = definition;
	const { instructions } = definition.info;
	const server = new McpServer(implementationOf(definition.info, currentPrincipal().origin), {
		...(instructions !== undefined && { instructions }),
		capabilities: CAPABILITIES,
		requestState: { verify: (sealed, mcp) => verifyState(env, sealed, mcp) },
	});
	const serving: Serving = {
		env,
		server: definition,
		canAsk,
		...(onCall && { onCall }),
		clientCapabilities: () => (session ? capabilitiesOf(session) : (server.server.getClientCapabilities() ?? {})),
	};
	registerTools(server, catalogue.tools, serving);
	registerResources(server, catalogue.resources, serving);
	registerPrompts(server, catalogue.prompts, serving);
	registerCompletion(server, catalogue, serving);
	registerSkills(server, catalogue.skills);
	return server;
}
