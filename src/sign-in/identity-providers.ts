/** Users sign in at an identity provider, and give consent to each client: an OAuth 2.1 authorization server. */
import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { audit } from "../audit.ts";
import { problemsOf } from "../auth/settings.ts";
import { openTo, withoutDomains } from "../auth/sign-in-policy.ts";
import { limitBody } from "../http/body.ts";
import { endpointsOf } from "../http/endpoints.ts";
import { limitAddress, limitGuesses } from "../http/limit-address.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { logOnce } from "../http/misconfigured.tsx";
import { isBuiltInSignInOffered } from "../identity/local.ts";
import type { SignIn } from "../mcp/define/sign-in.ts";
import { authorizationApp } from "../oauth/app.tsx";
import { authorizationServer } from "../oauth/authorization-server.ts";
import { withBody } from "../oauth/client-requests.ts";
import { GrantKeeper } from "../oauth/grant-keeper.ts";
import { answerTokenRequest } from "../oauth/grants.ts";
import { explainCallbackMismatch } from "../oauth/misconfigured-provider.tsx";
import { operatorApp } from "../oauth/operator.ts";
import { OPERATOR_GRANTS } from "../oauth/operator-contract.ts";
import { findRedirectUriFault, MAX_REGISTRATION_BYTES, tidyRegistration } from "../oauth/registration.ts";
import { createResourceServers } from "../oauth/server.ts";
import { readSignInSettings } from "../oauth/settings.ts";
import { answerStorageError, storageOf } from "../oauth/storage.ts";
import { sweep } from "../oauth/sweep.ts";
import { upstreamOf } from "../oauth/upstream-api.ts";
import { routeEndpoints } from "./route-endpoints.ts";

type Options<Apis extends string> = {
	/**
	 * The https base addresses of your own APIs that accept the user's token from the identity provider. Tools call them
	 * by these names: `context.upstream.crm.fetch("/me")`.
	 */
	readonly apis?: Readonly<Record<Apis, string>>;
};

/** Names that `upstream` already uses. */
const OF_PROVIDER = ["name", "title", "userPath", "fetch"];

/**
 * A provider is enabled if its settings are set. If there is none, a loopback host offers the built-in sign-in.
 *
 * @throws Error for an API that the user's token must not be sent to
 */
export function identityProviders<Apis extends string = never>({ apis }: Options<Apis> = {}): SignIn<Apis> {
	checkApis(apis ?? {});
	return {
		hasUsers: true,
		apis: apis ?? ({} as Readonly<Record<Apis, string>>),
		route(app, server, handlerAt) {
			const resourceServers = createResourceServers(handlerAt);
			app.use(explainCallbackMismatch);
			const serveResource = async (c: Context<AppEnv>, path: string) => {
				const resource = c.req.path.endsWith("/") ? `${path}/` : path;
				const resourceServer = resourceServers(server, originOf(c), c.env).get(resource);
				if (!resourceServer) return c.notFound();
				return resourceServer.fetch(c.req.raw, c.env, contextOf(c));
			};
			routeEndpoints(app, server, serveResource, limitGuesses());
			for (const path of endpointsOf(server)) {
				const metadata = `/.well-known/oauth-protected-resource${path}`;
				app.all(metadata, (c) => serveResource(c, path)).all(`${metadata}/`, (c) => serveResource(c, path));
			}
			app.use("/register", limitBody(MAX_REGISTRATION_BYTES, "The registration"));
			app.use("/register", limitAddress("registration"));
			app.use("/authorize", limitAddress("authorization")).use("/callback", limitAddress("authorization"));
			app.use("/token", limitGuesses(isRefusedAtToken)).use(`${OPERATOR_GRANTS}/*`, limitGuesses());
			app.all("/token", serveToken).all("/register", serveRegistration);
			app.all("/.well-known/oauth-authorization-server", (c) =>
				authorizationServer(server, originOf(c), c.env).fetch(c.req.raw, c.env, contextOf(c)),
			);
			app.route(OPERATOR_GRANTS, operatorApp);
			app.route("/", authorizationApp);
		},
		problems: (env, isLocal) => problemsOf(readSignInSettings(env), isLocal),
		warnings: (env) => readSignInSettings(env).warnings,
		describe(env, origin) {
			const settings = readSignInSettings(env);
			const isBuiltIn = isBuiltInSignInOffered(settings, origin);
			return {
				way: isBuiltIn ? "built-in" : settings.identityProviders.map(({ title }) => title),
				callback: `${origin}/callback`,
				next: "Your assistant then opens a sign-in page in your browser.",
				openTo: openTo(settings),
				shutOut: withoutDomains(settings),
			};
		},
		keeper: (server, host) => new GrantKeeper(server, host),
		sweep,
		upstreamOf: (principal, _server, env) => upstreamOf(principal, env, apis ?? {}),
	};
}

function checkApis(apis: Readonly<Record<string, string>>): void {
	for (const [name, url] of Object.entries(apis)) {
		const isSafe = URL.canParse(url) && (new URL(url).protocol === "https:" || isLoopbackUrl(url));
		if (!isSafe) throw new Error(`src/server.ts: The API ${name} needs an https address.`);
		if (OF_PROVIDER.includes(name)) throw new Error(`src/server.ts: An API cannot be called ${name}.`);
	}
}

// Hono's type of the execution context is older than the runtime's.
const contextOf = (c: Context<AppEnv>) => c.executionCtx as ExecutionContext;
const originOf = (c: Context<AppEnv>) => new URL(c.req.url).origin;

/** The credentials of a token request are in its body: invalid_grant is 400, invalid_client 401 (RFC 6749 section 5.2). */
const isRefusedAtToken = ({ res: { status } }: Context<AppEnv>) => status === 400 || status === 401;

function serveToken(c: Context<AppEnv>): Promise<Response> {
	if (!isLoopbackUrl(c.req.url)) logOnce("anyone_may_sign_in", openTo(readSignInSettings(c.env)));
	const response = answerTokenRequest(c.req.raw, c.get("server"), c.env, contextOf(c)).catch(answerStorageError);
	// If a client disconnects, the refresh goes on: the next attempt gets its answer.
	contextOf(c).waitUntil(response.catch(() => {}));
	return response;
}

async function serveRegistration(c: Context<AppEnv>): Promise<Response> {
	const { request, metadata } = await tidyRegistration(await withBody(c.req.raw, c.env));
	const { privateUseRedirectUris } = readSignInSettings(c.env);
	const fault = findRedirectUriFault(metadata, originOf(c), c.get("server").pages, privateUseRedirectUris);
	if (fault !== undefined) {
		audit("refused", { requestId: c.get("requestId"), outcome: "invalid_redirect_uri" });
		return c.json({ error: "invalid_redirect_uri", error_description: fault }, 400, { "Cache-Control": "no-store" });
	}
	const server = authorizationServer(c.get("server"), originOf(c), c.env);
	const response = await server.fetch(request, storageOf(c.env), contextOf(c)).catch(answerStorageError);
	if (response.status === 201) {
		const { client_id: client } = await response.clone().json<{ client_id: string }>();
		audit("client_registered", { requestId: c.get("requestId"), client });
	}
	return response;
}
