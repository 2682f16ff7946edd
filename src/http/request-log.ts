import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../app-env.ts";
import { logEvent } from "../errors.ts";
import { isLoopbackUrl } from "./loopback.ts";

/**
 * Logs a line for each request to a deployed server. It has the path without the query, where codes and states are. The
 * request logs of Cloudflare would have the whole URL, so wrangler.jsonc turns them off.
 */
export const logRequests = createMiddleware<AppEnv>(async (c, next) => {
	if (isLoopbackUrl(c.req.url)) return next();
	const start = Date.now();
	await next();
	const { method, path } = c.req;
	const milliseconds = Date.now() - start;
	logEvent("request", { requestId: c.get("requestId"), method, path, status: c.res.status, milliseconds });
});
