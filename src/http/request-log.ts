import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../app-env.ts";
import { measure } from "../audit.ts";
import { HEALTH_PATH } from "./health.ts";
import { isLoopbackUrl } from "./loopback.ts";
import { traceIdOf, traceparentOf } from "./trace-context.ts";

/** A data point of Analytics Engine has a limit. Paths of this server are shorter. */
const MAX_PATH_LENGTH = 200;

/**
 * Logs a line for each request to a deployed server. It has the path without the query, where codes and states are. The
 * request logs of Cloudflare would have the whole URL, so wrangler.jsonc turns them off. Probes of `/health` would only be noise.
 */
export const logRequests = createMiddleware<AppEnv>(async (c, next) => {
	if (isLoopbackUrl(c.req.url) || c.req.path === HEALTH_PATH) return next();
	const start = Date.now();
	await next();
	const { method, path } = c.req;
	measure("request", {
		requestId: c.get("requestId"),
		method,
		path: path.slice(0, MAX_PATH_LENGTH),
		status: c.res.status,
		traceId: traceIdOf(traceparentOf(c.req.header("traceparent"))),
		milliseconds: Date.now() - start,
	});
});
