/** oidc-provider, a certified OpenID provider, in the shapes of Google, Access, Auth0, Slack and of one in general. */
import type { RequestListener } from "node:http";
import Provider, { type Context } from "oidc-provider";
import { createAdapter } from "./oidc-adapter.ts";
import type { Peer, PeerOptions } from "./peer.ts";

type Shape = {
	readonly issuer: string;
	readonly routes: Readonly<Record<string, string>>;
	/** More hosts on which the same provider answers. */
	readonly otherHosts?: readonly string[];
	/** Claims of everyone who signs in. */
	readonly claims?: Readonly<Record<string, unknown>>;
	/** Whether ID tokens say only who it is, and the userinfo endpoint the rest. */
	readonly hasSparseIdTokens?: boolean;
	readonly configuration?: Readonly<Record<string, unknown>>;
	readonly isConfidentialOnly?: boolean;
	before?(ctx: Context): void;
	after?(ctx: Context): void;
};

const google: Shape = {
	issuer: "https://accounts.google.com",
	routes: { authorization: "/o/oauth2/v2/auth", token: "/token", jwks: "/oauth2/v3/certs", userinfo: "/v1/userinfo" },
	otherHosts: ["oauth2.googleapis.com", "www.googleapis.com", "openidconnect.googleapis.com"],
	after(ctx) {
		if (ctx.path !== "/.well-known/openid-configuration" || typeof ctx.body !== "object" || ctx.body === null) return;
		Object.assign(ctx.body, {
			token_endpoint: "https://oauth2.googleapis.com/token",
			jwks_uri: "https://www.googleapis.com/oauth2/v3/certs",
			userinfo_endpoint: "https://openidconnect.googleapis.com/v1/userinfo",
		});
	},
};

const access: Shape = {
	issuer: "https://team.cloudflareaccess.com/cdn-cgi/access/sso/oidc/app",
	routes: { authorization: "/authorization", token: "/token", jwks: "/jwks", userinfo: "/userinfo" },
};

const AUTH0_API = "https://api.example.com/";

const auth0: Shape = {
	issuer: "https://example.eu.auth0.com/",
	routes: { authorization: "/authorize", token: "/oauth/token", jwks: "/.well-known/jwks.json", userinfo: "/userinfo" },
	configuration: {
		features: {
			resourceIndicators: {
				enabled: true,
				useGrantedResource: () => true,
				getResourceServerInfo: () => ({
					scope: "openid email profile offline_access",
					audience: AUTH0_API,
					accessTokenFormat: "jwt",
					jwt: { sign: { alg: "RS256" } },
				}),
			},
		},
	},
	/** Auth0's own name for RFC 8707's resource parameter. */
	before(ctx) {
		if (ctx.path === "/authorize") ctx.url = ctx.url.replace(/([?&])audience=/, "$1resource=");
	},
};

const slack: Shape = {
	issuer: "https://slack.com",
	routes: {
		authorization: "/openid/connect/authorize",
		token: "/api/openid.connect.token",
		jwks: "/openid/connect/keys",
		userinfo: "/api/openid.connect.userInfo",
	},
	isConfidentialOnly: true,
	after(ctx) {
		if (ctx.path !== "/api/openid.connect.token" || typeof ctx.body !== "object" || ctx.body === null) return;
		ctx.body = { ok: !("error" in ctx.body), ...ctx.body };
		ctx.status = 200;
	},
};

const general: Shape = {
	issuer: "https://login.example.org/realms/demo",
	routes: {},
	hasSparseIdTokens: true,
	configuration: {
		features: {
			resourceIndicators: {
				enabled: true,
				useGrantedResource: () => true,
				getResourceServerInfo: (_ctx: Context, audience: string) => ({
					scope: "openid email profile offline_access",
					audience,
					accessTokenFormat: "jwt",
					jwt: { sign: { alg: "RS256" } },
				}),
			},
		},
	},
};

export function createOidcPeers(options: PeerOptions): Peer[] {
	return [google, access, auth0, slack, general].map((shape) => createPeer(shape, options));
}

function createPeer(shape: Shape, { clients, keys, redirectUri }: PeerOptions): Peer {
	const { host, pathname } = new URL(shape.issuer);
	const behaviourOf = (ctx: Context) => clients.behaviourOf(ctx.oidc.client?.clientId ?? "");
	const { features, ...configuration } = { features: {}, ...shape.configuration };
	const provider = new Provider(shape.issuer, {
		adapter: createAdapter(redirectUri),
		jwks: { keys: [keys.privateJwk] },
		cookies: { keys: ["a key for the cookies of a test"] },
		claims: {
			openid: ["sub", "hd", "roles"],
			email: ["email", "email_verified"],
			profile: ["name", "preferred_username"],
		},
		conformIdTokenClaims: shape.hasSparseIdTokens ?? false,
		routes: shape.routes,
		extraParams: ["access_type", "hd", "audience"],
		features: { devInteractions: { enabled: true }, ...(features as object) },
		pkce: { required: () => !shape.isConfidentialOnly },
		issueRefreshToken: () => true,
		rotateRefreshToken: (ctx: Context) => (behaviourOf(ctx).refreshToken ?? "rotated") === "rotated",
		expiresWithSession: () => false,
		ttl: {
			AccessToken: (ctx: Context) => behaviourOf(ctx).expiresIn ?? 3600,
			AuthorizationCode: 60,
			Grant: 86400,
			IdToken: 3600,
			Interaction: 600,
			RefreshToken: 86400,
			Session: 86400,
		},
		extraTokenClaims: (ctx: Context) => ({ permissions: behaviourOf(ctx).claims?.permissions ?? [] }),
		findAccount: (ctx: Context, accountId: string) => ({
			accountId,
			claims: () => ({
				sub: accountId,
				name: `Name of ${accountId}`,
				email: `${accountId}@example.com`,
				email_verified: true,
				...behaviourOf(ctx).claims,
			}),
		}),
		...configuration,
	});
	provider.proxy = true;
	provider.on("server_error", (_ctx, error) => console.error(`${host}:`, error));
	provider.use(async (ctx, next) => {
		shape.before?.(ctx);
		await next();
		shape.after?.(ctx);
	});
	const listener = pathname === "/" ? provider.callback() : mount(pathname, provider.callback());
	return { hosts: [host, ...(shape.otherHosts ?? [])], ownHost: host, listener };
}

/** oidc-provider serves from the root, and learns from `originalUrl` where that is. */
function mount(path: string, listener: RequestListener): RequestListener {
	return (request, response) => {
		const originalUrl = request.url ?? "/";
		if (originalUrl.startsWith(`${path}/`))
			Object.assign(request, { originalUrl, url: originalUrl.slice(path.length) });
		listener(request, response);
	};
}
