/** No sign-in: every client that can reach the server may call its tools. */
import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { VISITOR_PROVIDER } from "../auth/grant.ts";
import { scopesAt } from "../auth/scopes.ts";
import type { Endpoint } from "../http/endpoints.ts";
import { limitAddress } from "../http/limit-address.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { logOnce } from "../http/misconfigured.tsx";
import type { SignIn } from "../mcp/define/sign-in.ts";
import type { Server } from "../mcp/definition.ts";
import { SESSION_HEADER } from "../mcp/headers.ts";
import { readVisitor } from "../mcp/session-ids.ts";
import type { Admission } from "../mcp/visit.ts";
import { routeEndpoints } from "./route-endpoints.ts";

/** The same as the lifetime of an access token, so that no stream stays open forever. */
const STREAM_SECONDS = 60 * 60;

const WARNING =
	"Anyone who reaches this server can call its tools: signIn in src/server.ts is anyone(). With identityProviders() or apiKeys() they have to be let in.";
const MISSING_LIMIT =
	"The rate limit ADDRESS_LIMIT, which a server without sign-in needs, is not bound: add it to `ratelimits` in wrangler.jsonc.";

/**
 * Each session gets a visitor with a random id, so two clients are never the same user. Without a session, each request
 * gets a new visitor. There is no rate limit on loopback hosts. On other hosts, ADDRESS_LIMIT in wrangler.jsonc limits
 * the requests of each address.
 */
export function anyone(): SignIn<never> {
	return {
		hasUsers: false,
		apis: {},
		route(app, server, handlerAt) {
			const answer = async (c: Context<AppEnv>, path: Endpoint) => {
				if (!isLoopbackUrl(c.req.url)) logOnce("anyone_may_call", [WARNING]);
				return handlerAt(path)(c.req.raw, c.env, await admit(c, server, path));
			};
			routeEndpoints(app, server, answer, limitAddress("visit"));
		},
		problems: (env, isLocal) => (isLocal || Reflect.has(env, "ADDRESS_LIMIT") ? [] : [MISSING_LIMIT]),
		warnings: () => [],
		describe: () => ({
			way: "none",
			next: "There is no sign-in: anyone may use it.",
		}),
	};
}

async function admit(c: Context<AppEnv>, server: Server, path: Endpoint): Promise<Admission> {
	const given = c.req.path.endsWith("/message") ? c.req.query("sessionId") : c.req.header(SESSION_HEADER);
	const known = given && (await readVisitor(given, path, c.env, isLoopbackUrl(c.req.url)));
	const id = known || `${VISITOR_PROVIDER}-${crypto.randomUUID()}`;
	return {
		user: {
			id,
			provider: VISITOR_PROVIDER,
			login: "visitor",
			isLoginUnique: false,
			name: "Visitor",
			emailVerified: false,
			permissions: [],
		},
		clientId: VISITOR_PROVIDER,
		scopes: scopesAt(server, c.env, ""),
		grantId: id,
		expiresAt: Math.floor(Date.now() / 1000) + STREAM_SECONDS,
	};
}
