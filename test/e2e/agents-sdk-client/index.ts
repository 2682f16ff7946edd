/** A second Worker: an `Agent` of the Agents SDK that uses the tools of this server, as README.md shows it. */
import { Agent, routeAgentRequest } from "agents";
import { z } from "zod";

/** `Agent` insists on this repository's bindings, which are the server's; of these this Worker has none. */
type AssistantEnv = Cloudflare.Env & { MCP_URL: string };

const Call = z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) });
const SERVER_ID = "tools";

export class Assistant extends Agent<AssistantEnv> {
	override onStart(): void {
		// Otherwise the callback sends the browser to the root of this Worker, where nothing is.
		this.mcp.configureOAuthCallback({
			customHandler: ({ authError }) => new Response(authError ?? "Signed in.", { status: authError ? 400 : 200 }),
		});
	}

	/** POST calls a tool, GET tells the state. The callback never comes here: the SDK answers it. */
	override async onRequest(request: Request): Promise<Response> {
		// The SDK connects after a sign-in, and again after a restart, in the background.
		await this.mcp.waitForConnections();
		return request.method === "POST" ? this.#call(Call.parse(await request.json())) : this.#tellState();
	}

	async #call(call: z.infer<typeof Call>): Promise<Response> {
		// After a sign-in that was denied, or a server that was down, addMcpServer only throws until somebody tries again.
		if (this.getMcpServers().servers[SERVER_ID]?.state === "failed") {
			await this.mcp.connectToServer(SERVER_ID);
			await this.mcp.discoverIfConnected(SERVER_ID);
		}
		const server = await this.addMcpServer("Tools", this.env.MCP_URL, { id: SERVER_ID });
		if (server.state === "authenticating") return Response.redirect(server.authUrl);
		return Response.json(await this.mcp.callTool({ serverId: server.id, ...call }));
	}

	#tellState(): Response {
		const { servers, tools } = this.getMcpServers();
		const server = servers[SERVER_ID];
		const client = this.mcp.mcpConnections[SERVER_ID]?.client;
		return Response.json({
			state: server?.state,
			authUrl: server?.auth_url ?? undefined,
			protocolVersion: client?.getNegotiatedProtocolVersion(),
			tools: tools.map(({ name }) => ({ name })),
		});
	}
}

export default {
	async fetch(request, env) {
		return (await routeAgentRequest(request, env)) ?? new Response("Not found", { status: 404 });
	},
} satisfies ExportedHandler<AssistantEnv>;
