/** The pages that need no sign-in. */
import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import type { Catalogue } from "../catalogue.ts";
import { readConfig } from "../config.ts";
import { names } from "../http/accept.ts";
import { HomePage } from "./home.tsx";
import { summaryOf } from "./summary.ts";

/** The pages of a server that offers a catalogue. */
export function createPages(catalogue: Catalogue): Hono<AppEnv> {
	const pages = new Hono<AppEnv>();

	pages.get("/", (c) => {
		const { origin } = new URL(c.req.url);
		const config = readConfig(c.env);
		const accept = c.req.header("Accept");
		c.header("Vary", "Accept");
		if (names(accept, "application/json") && !names(accept, "text/html")) return c.json(summaryOf(config, origin));
		const stdioServer = config.stdio && { command: config.stdioCommand };
		return c.html(<HomePage origin={origin} catalogue={catalogue} stdioServer={stdioServer} />);
	});

	return pages;
}
