/** A page on which users try this server: a client that runs in their browser. */
import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import type { PageExtra } from "../mcp/define/page-extra.ts";
import { PLAYGROUND_PATH, PlaygroundPage } from "./page.tsx";

/** An extra at `/playground`. */
export function playground(): PageExtra {
	return {
		path: PLAYGROUND_PATH,
		title: "Playground",
		isClient: true,
		route(app) {
			app.get(PLAYGROUND_PATH, (c) => {
				// A sign-in comes back here with a code.
				c.header("Cache-Control", "no-store");
				return c.html(PlaygroundPage());
			});
			app.get(`${PLAYGROUND_PATH}/:file{playground\\.js|style\\.css}`, serveAsset);
		},
	};
}

/** The browser asks each time whether the file has changed: a new version of the server has a new program. */
async function serveAsset(c: Context<AppEnv>): Promise<Response> {
	const asset = await c.env.ASSETS.fetch(c.req.raw);
	if (!asset.ok && asset.status !== 304) return c.notFound();
	const response = new Response(asset.body, asset);
	response.headers.set("Cache-Control", "no-cache");
	return response;
}
