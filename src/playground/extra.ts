/** A page on which users try this server: a client that runs in their browser. */
import { serveAsset } from "../http/asset.ts";
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
