/** Makes the Worker and its Durable Object class from the definition of a server. */
import { Hono } from "hono";
import { contextStorage } from "hono/context-storage";
import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import { requestId } from "hono/request-id";
import type { AppEnv } from "./app-env.ts";
import { answerError, ENDPOINTS, explainToBrowsers, PROGRAM_PATHS, refuse } from "./http/answers.tsx";
import { limitBody } from "./http/body.ts";
import { answerHealth, HEALTH_PATH } from "./http/health.ts";
import { refuseForeignRequests } from "./http/host-policy.ts";
import { refuseWhileMisconfigured } from "./http/misconfigured.tsx";
import { runWithRequestId } from "./http/request-id.ts";
import { logRequests } from "./http/request-log.ts";
import { setSecurityHeaders } from "./http/security-headers.ts";
import { answerFrom } from "./mcp/catalogue-answerer.ts";
import type { Extra } from "./mcp/define/extra.ts";
import type { DefinedServer } from "./mcp/define/server.ts";
import type { Server } from "./mcp/definition.ts";
import { createHttpSse } from "./mcp/http-sse.ts";
import { UserMcpAgent } from "./mcp/object/remote-mcp.ts";
import { createStreamableHttp } from "./mcp/streamable-http.ts";
import type { Handler } from "./mcp/visit.ts";
import { pages } from "./pages/app.tsx";

/** Large enough for any tool call, small enough to be read into memory. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Refuses requests to an extra that the settings do not turn on. */
const requireOn = ({ offer, absence }: Extra) =>
	createMiddleware<AppEnv>(async (c, next) => (offer(c.env) ? next() : refuse(c, 404, absence)));

/** The handler of each endpoint: the catalogue and each extra are served over the same two transports. */
function handlersOf(server: Server): (path: string) => Handler {
	const answerers = [answerFrom(server), ...server.extras.map(({ answerer }) => answerer)];
	const doors = answerers.flatMap((answerer): [string, Handler][] => [
		[`${answerer.prefix}/mcp`, createStreamableHttp(server, answerer)],
		[`${answerer.prefix}/sse`, createHttpSse(server, answerer)],
	]);
	const handlers = new Map(doors);
	return (path) => {
		const handler = handlers.get(path);
		if (!handler) throw new Error(`Nothing answers at ${path}`);
		return handler;
	};
}

/** Builds the app. Its middleware runs in the order in which it is added here. */
function createApp(server: DefinedServer): Hono<AppEnv> {
	const app = new Hono<AppEnv>();

	app.onError(answerError);
	app.notFound((c) => refuse(c, 404, `Nothing is at this address. ${ENDPOINTS}`));
	app.use(contextStorage(), async (c, next) => {
		c.set("server", server);
		await next();
	});
	app.use(setSecurityHeaders);
	app.use(requestId({ headerName: "", generator: (c) => c.req.header("CF-Ray") ?? crypto.randomUUID() }));
	app.use(logRequests);
	app.use(refuseForeignRequests);

	// Programs and web pages call these paths: the MCP endpoints, and the protocol side of the authorization server.
	const allowWebPages = cors({
		origin: (origin) => origin || "*",
		allowMethods: ["GET", "POST", "DELETE", "OPTIONS"],
		exposeHeaders: ["WWW-Authenticate", "Mcp-Session-Id", "MCP-Protocol-Version", "Retry-After"],
		maxAge: 86400,
	});
	const mcpPaths = ["/mcp/*", "/sse/*", ...server.extras.map(({ prefix }) => `${prefix}/*`)];
	for (const path of [...mcpPaths, ...PROGRAM_PATHS.map((path) => `${path}/*`)]) {
		app.use(path, allowWebPages, explainToBrowsers);
	}
	app.use(refuseWhileMisconfigured);
	app.get(HEALTH_PATH, answerHealth);
	app.use(limitBody(MAX_BODY_BYTES, "The request"));

	for (const extra of server.extras) {
		const requireExtra = requireOn(extra);
		app.use(`${extra.prefix}/*`, requireExtra);
		app.use(`/.well-known/oauth-protected-resource${extra.prefix}/*`, requireExtra);
	}
	server.signIn.route(app, server, handlersOf(server));
	for (const page of server.pages) page.route(app);
	app.route("/", pages);

	return app;
}

/** The type is written out because a type inferred from the server would be circular through Env. */
export type Worker = {
	readonly handler: Pick<Hono<AppEnv>, "fetch" | "request"> & {
		/** Called by the cron trigger. */
		scheduled(controller: ScheduledController, env: Env): Promise<void>;
	};
	readonly RemoteMcp: new (ctx: DurableObjectState, env: Env) => UserMcpAgent;
};

export function createWorker(server: DefinedServer): Worker {
	class RemoteMcp extends UserMcpAgent {
		protected override get definition(): Server {
			return server;
		}
	}
	const { fetch, request } = createApp(server);
	const handler: Worker["handler"] = {
		fetch,
		request,
		async scheduled(_controller, env) {
			await runWithRequestId(crypto.randomUUID(), async () => server.signIn.sweep?.(env));
		},
	};
	return { handler, RemoteMcp };
}
