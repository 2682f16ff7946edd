import type { Context, Hono, MiddlewareHandler } from "hono";
import type { AppEnv } from "../app-env.ts";
import { type Endpoint, endpointsOf, type WithExtras } from "../http/endpoints.ts";

/**
 * Adds every endpoint to an app, with and without a trailing slash, and the message paths of HTTP+SSE.
 *
 * @param answer gets the path as `endpointsOf` lists it
 * @param doors middleware that runs before `answer`
 */
export function routeEndpoints(
	app: Hono<AppEnv>,
	server: WithExtras,
	answer: (c: Context<AppEnv>, path: Endpoint) => Response | Promise<Response>,
	...doors: MiddlewareHandler<AppEnv>[]
): void {
	for (const path of endpointsOf(server)) {
		const addresses = [path, `${path}/`, ...(path.endsWith("/sse") ? [`${path}/message`] : [])];
		for (const address of addresses) {
			for (const door of doors) app.use(address, door);
			app.all(address, (c) => answer(c, path));
		}
	}
}
