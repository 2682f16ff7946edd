import type { Context, Hono, MiddlewareHandler } from "hono";
import type { AppEnv } from "../app-env.ts";
import { type Endpoint, endpointsOf, type WithExtras } from "../http/endpoints.ts";

/**
 * Adds every endpoint to an app, with and without a trailing slash, and the message paths of HTTP+SSE.
 *
 * @param answer gets the path as `endpointsOf` lists it
 * @param door middleware that runs before `answer`
 */
export function routeEndpoints(
	app: Hono<AppEnv>,
	server: WithExtras,
	answer: (c: Context<AppEnv>, path: Endpoint) => Response | Promise<Response>,
	door: MiddlewareHandler<AppEnv> = (_c, next) => next(),
): void {
	for (const path of endpointsOf(server)) {
		const addresses = [path, `${path}/`, ...(path.endsWith("/sse") ? [`${path}/message`] : [])];
		for (const address of addresses) app.all(address, door, (c) => answer(c, path));
	}
}
