/** What the usual templates put in front of their server: OAuthProvider, everyone let in. */
import { type AuthRequest, OAuthProvider, type OAuthProviderOptions } from "@cloudflare/workers-oauth-provider";

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

/** @param apiHandler what answers `/mcp` behind a token */
export function stockOAuth(origin: string, apiHandler: OAuthProviderOptions<Env>["apiHandler"]): OAuthProvider<Env> {
	return new OAuthProvider<Env>({
		apiRoute: "/mcp",
		apiHandler,
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
}
