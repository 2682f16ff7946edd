/** The Worker: how a request travels. */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { contextStorage } from "hono/context-storage";
import { cors } from "hono/cors";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { answerError, ENDPOINTS, explainToBrowsers, refuse } from "./answers.tsx";
import type { AppEnv } from "./app-env.ts";
import { type Catalogue, catalogue } from "./catalogue.ts";
import { refuseForeignRequests } from "./host-policy.ts";
import { refuseWhileMisconfigured } from "./http/misconfigured.tsx";
import { answerFrom } from "./mcp/catalogue-answerer.ts";
import { createHttpSse } from "./mcp/http-sse.ts";
import { createStreamableHttp } from "./mcp/streamable-http.ts";
import { authorizationApp } from "./oauth/app.tsx";
import { authorizationServer, RESOURCE_PATHS } from "./oauth/authorization-server.ts";
import { dropEmptyMembers, tidyTokenRequest } from "./oauth/client-requests.ts";
import { noticingEnds } from "./oauth/grant-end.ts";
import { explainCallbackMismatch } from "./oauth/misconfigured-provider.tsx";
import { createResourceServers } from "./oauth/server.ts";
import { createPages } from "./pages/app.tsx";
import { STYLE_SOURCE } from "./pages/style.ts";
import { stdio } from "./stdio/answerer.ts";
import { requireStdio } from "./stdio/configured.ts";

export { RemoteMcp } from "./mcp/object/remote-mcp.ts";
export { StdioContainer } from "./stdio/container.ts";
export { StdioLocal } from "./stdio/local.ts";

/** Large enough for any tool call, small enough to be read into memory. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

// Hono's type of the context is older than the runtime's.
const contextOf = (c: Context<AppEnv>) => c.executionCtx as ExecutionContext;
const originOf = (c: Context<AppEnv>) => new URL(c.req.url).origin;
const serveOAuth = (prepare: (request: Request) => Promise<Request>) => (c: Context<AppEnv>) => {
	const server = authorizationServer(originOf(c), c.env);
	const response = prepare(c.req.raw).then((request) => server.fetch(request, noticingEnds(c.env), contextOf(c)));
	// A client that goes away must not cut a refresh in half: the old token is used up, the new one would be lost.
	contextOf(c).waitUntil(response.catch(() => {}));
	return response;
};

/** The Worker, with what a catalogue offers. */
export function createApp(catalogue: Catalogue): Hono<AppEnv> {
	const app = new Hono<AppEnv>();

	app.onError(answerError);
	app.notFound((c) => refuse(c, 404, `There is no such page here. ${ENDPOINTS}`));
	// On every answer, refusals included.
	app.use(
		secureHeaders({
			contentSecurityPolicy: {
				defaultSrc: ["'none'"],
				styleSrc: [STYLE_SOURCE],
				imgSrc: ["data:"],
				baseUri: ["'none'"],
				frameAncestors: ["'none'"],
			},
			xFrameOptions: "DENY",
			// "no-referrer" would make browsers post forms with `Origin: null`.
			referrerPolicy: "same-origin",
			// A client that opened this page as a pop-up waits for it to come back.
			crossOriginOpenerPolicy: false,
		}),
	);
	app.use(contextStorage());
	app.use(requestId({ headerName: "", generator: (c) => c.req.header("CF-Ray") ?? crypto.randomUUID() }));
	app.use(refuseForeignRequests);

	// What programs call, also from web pages: the MCP endpoints, and the protocol side of the authorization server.
	const allowWebPages = cors({
		origin: (origin) => origin || "*",
		allowMethods: ["GET", "POST", "DELETE", "OPTIONS"],
		exposeHeaders: ["WWW-Authenticate", "Mcp-Session-Id", "MCP-Protocol-Version", "Retry-After"],
		maxAge: 86400,
	});
	for (const path of ["/mcp/*", "/sse/*", "/stdio/*", "/token", "/register", "/.well-known/*"]) {
		app.use(path, allowWebPages, explainToBrowsers);
	}
	app.use(refuseWhileMisconfigured, explainCallbackMismatch);
	app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => refuse(c, 413, "The request is larger than 4 MiB.") }));

	const own = answerFrom(catalogue);
	const resourceServers = createResourceServers({
		"/mcp": createStreamableHttp(own),
		"/sse": createHttpSse(own),
		"/stdio/mcp": createStreamableHttp(stdio),
		"/stdio/sse": createHttpSse(stdio),
	});
	app.use("/stdio/*", requireStdio).use("/.well-known/oauth-protected-resource/stdio/*", requireStdio);
	for (const resource of RESOURCE_PATHS) {
		const serve = (c: Context<AppEnv>) =>
			resourceServers(originOf(c), c.env).get(resource)?.fetch(c.req.raw, c.env, contextOf(c)) ?? c.notFound();
		app.all(resource, serve).all(`/.well-known/oauth-protected-resource${resource}`, serve);
		if (resource.endsWith("/sse")) app.all(`${resource}/message`, serve);
	}
	app.all("/token", serveOAuth(tidyTokenRequest)).all("/register", serveOAuth(dropEmptyMembers));
	app.all("/.well-known/oauth-authorization-server", (c) =>
		authorizationServer(originOf(c), c.env).fetch(c.req.raw, c.env, contextOf(c)),
	);

	// What people see.
	app.route("/", authorizationApp);
	app.route("/", createPages(catalogue));

	return app;
}

export default createApp(catalogue);
