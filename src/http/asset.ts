/** Files that are served from the binding `ASSETS`, each from a route of its own. */
import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";

/** The browser asks each time whether the file has changed: a new version of the server has a new one. */
export async function serveAsset(c: Context<AppEnv>): Promise<Response> {
	const asset = await c.env.ASSETS.fetch(c.req.raw);
	if (!asset.ok && asset.status !== 304) return c.notFound();
	const response = new Response(asset.body, asset);
	response.headers.set("Cache-Control", "no-cache");
	return response;
}
