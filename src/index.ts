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
import { createEndpoints } from "./mcp/route.ts";
import { authorizationApp } from "./oauth/app.tsx";
import { authorizationServer, RESOURCE_PATHS } from "./oauth/authorization-server.ts";
import { createResourceServers } from "./oauth/server.ts";
import { pagesApp } from "./pages/app.tsx";
import { requireStdio } from "./stdio/configured.ts";

export { RemoteMcp } from "./mcp/agent.ts";
export { StdioContainer } from "./stdio/container.ts";
export { UserObject } from "./user/object.ts";

/** Large enough for any tool call, small enough to be read into memory. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

// Hono's type of the context is older than the runtime's.
const contextOf = (c: Context<AppEnv>) => c.executionCtx as ExecutionContext;
const originOf = (c: Context<AppEnv>) => new URL(c.req.url).origin;
const serveOAuth = (c: Context<AppEnv>) => {
	const response = authorizationServer(originOf(c)).fetch(c.req.raw, c.env, contextOf(c));
	// A client that goes away must not cut a refresh in half: the old token is used up, the new one would be lost.
	contextOf(c).waitUntil(response.catch(() => {}));
	return response;
};

/** The Worker, with what a catalogue offers. */
export function createApp(catalogue: Catalogue): Hono<AppEnv> {
	const app = new Hono<AppEnv>();

	app.onError(answerError);
	app.notFound((c) => refuse(c, 404, `There is no such page here. ${ENDPOINTS}`));
	app.use(contextStorage());
	app.use(requestId({ headerName: "", generator: (c) => c.req.header("CF-Ray") ?? crypto.randomUUID() }));

	// What programs call, also from web pages: the MCP endpoints, and the protocol side of the authorization server.
	for (const path of ["/mcp/*", "/sse/*", "/stdio/*", "/token", "/register", "/.well-known/*"]) {
		app.use(
			path,
			cors({
				origin: (origin) => origin || "*",
				allowMethods: ["GET", "POST", "DELETE", "OPTIONS"],
				exposeHeaders: ["WWW-Authenticate", "Mcp-Session-Id", "MCP-Protocol-Version", "Retry-After"],
				maxAge: 86400,
			}),
		);
	}
	app.use(refuseForeignRequests);
	app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => refuse(c, 413, "The request is larger than 4 MiB.") }));

	const resourceServers = createResourceServers(createEndpoints(catalogue));
	app.use("/stdio/*", requireStdio).use("/.well-known/oauth-protected-resource/stdio/*", requireStdio);
	for (const resource of RESOURCE_PATHS) {
		const serve = (c: Context<AppEnv>) => resourceServers(originOf(c))[resource].fetch(c.req.raw, c.env, contextOf(c));
		app.get(resource, explainToBrowsers);
		app.all(resource, serve).all(`/.well-known/oauth-protected-resource${resource}`, serve);
		if (resource.endsWith("/sse")) app.all(`${resource}/message`, serve);
	}
	app.all("/.well-known/oauth-authorization-server", serveOAuth).all("/token", serveOAuth).all("/register", serveOAuth);

	// What people see.
	app.use(
		secureHeaders({
			contentSecurityPolicy: {
				defaultSrc: ["'none'"],
				styleSrc: ["'self'"],
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
	app.route("/", authorizationApp);
	app.route("/", pagesApp);

	return app;
}

export default createApp(catalogue);
