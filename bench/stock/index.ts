/** What this server is compared with: OAuthProvider, which lets everyone in, in front of what SHAPE names. */
import { env } from "cloudflare:workers";
import { type AuthRequest, OAuthProvider } from "@cloudflare/workers-oauth-provider";
import { StockMcp } from "./agent.ts";
import { stateless } from "./stateless.ts";

export { StockMcp };

type Grant = { request: AuthRequest; userId: string; metadata: null; scope: string[]; props: object };
type StockEnv = Env & {
	ORIGIN: string;
	SHAPE: keyof typeof SHAPES;
	OAUTH_PROVIDER: {
		parseAuthRequest(request: Request): Promise<AuthRequest>;
		completeAuthorization(grant: Grant): Promise<{ redirectTo: string }>;
	};
};

const CONSTANT = { jsonrpc: "2.0", id: 1, result: { content: [], structuredContent: { sum: 42 } } };

const SHAPES = {
	serve: { path: "/mcp", handler: StockMcp.serve("/mcp") },
	serveSSE: { path: "/sse", handler: StockMcp.serveSSE("/sse") },
	createMcpHandler: {
		path: "/mcp",
		handler: { fetch: (request: Request, env: unknown, ctx: ExecutionContext) => stateless(request, env, ctx) },
	},
	// The least that a server with sign-in does.
	floor: { path: "/mcp", handler: { fetch: async () => Response.json(CONSTANT) } },
};

const { ORIGIN, SHAPE } = env as StockEnv;
const { path, handler } = SHAPES[SHAPE];

export default new OAuthProvider<Env>({
	apiRoute: path,
	apiHandler: handler,
	defaultHandler: {
		async fetch(request, env) {
			const { OAUTH_PROVIDER: oauth } = env as StockEnv;
			const parsed = await oauth.parseAuthRequest(request as unknown as Request);
			const grant = { request: parsed, userId: "alice", metadata: null, scope: [], props: { user: "alice" } };
			return Response.redirect((await oauth.completeAuthorization(grant)).redirectTo, 302);
		},
	},
	authorizeEndpoint: "/authorize",
	tokenEndpoint: "/token",
	clientRegistrationEndpoint: "/register",
	resourceMetadata: { resource: ORIGIN + path },
});
