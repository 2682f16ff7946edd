/** What the usual template does: OAuthProvider in front of McpAgent.serve, one tool, everyone let in. */
import { type AuthRequest, OAuthProvider } from "@cloudflare/workers-oauth-provider";
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

type OAuthEnv = Env & { OAUTH_PROVIDER: { parseAuthRequest(request: Request): Promise<AuthRequest> } & Helpers };
type Helpers = {
	completeAuthorization(options: {
		request: AuthRequest;
		userId: string;
		metadata: null;
		scope: string[];
		props: object;
	}): Promise<{ redirectTo: string }>;
};

const origin = "http://localhost:8799";

export default new OAuthProvider<Env>({
	apiRoute: "/mcp",
	apiHandler: StockMcp.serve("/mcp"),
	defaultHandler: {
		async fetch(request, env) {
			const { OAUTH_PROVIDER: oauth } = env as OAuthEnv;
			const parsed = await oauth.parseAuthRequest(request as unknown as Request);
			const props = { user: "alice" };
			const grant = { request: parsed, userId: "alice", metadata: null, scope: [], props };
			const { redirectTo } = await oauth.completeAuthorization(grant);
			return Response.redirect(redirectTo, 302);
		},
	},
	authorizeEndpoint: "/authorize",
	tokenEndpoint: "/token",
	clientRegistrationEndpoint: "/register",
	resourceMetadata: { resource: `${origin}/mcp` },
});
