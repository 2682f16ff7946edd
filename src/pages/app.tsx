/** The pages that need no sign-in. */
import { Hono } from "hono";
import { readSettings } from "../auth/settings.ts";
import { names } from "../http/accept.ts";
import type { AppEnv } from "../http/app-env.ts";
import { HomePage } from "./home.tsx";
import { summaryOf } from "./summary.ts";

export const pages = new Hono<AppEnv>();

pages.get("/", (c) => {
	const { origin } = new URL(c.req.url);
	const server = c.get("server");
	const accept = c.req.header("Accept");
	c.header("Vary", "Accept");
	const offers = server.extras.flatMap((extra) => {
		const offer = extra.offer(c.env);
		return offer ? [{ ...offer, path: `${extra.prefix}/mcp` }] : [];
	});
	if (names(accept, "application/json") && !names(accept, "text/html")) {
		return c.json(summaryOf(server.info, offers, readSettings(c.env), origin));
	}
	return c.html(<HomePage origin={origin} server={server} offers={offers} />);
});
