/** The pages that need no sign-in. */
import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { names } from "../http/accept.ts";
import { HomePage } from "./home.tsx";
import { summaryOf } from "./summary.ts";

export const pages = new Hono<AppEnv>();

pages.get("/", (c) => {
	const { origin } = new URL(c.req.url);
	const server = c.get("server");
	const accept = c.req.header("Accept");
	c.header("Vary", "Accept");
	const signIn = server.signIn.describe(c.env, origin);
	const offers = server.extras.flatMap((extra) => {
		const offer = extra.offer(c.env);
		return offer ? [{ ...offer, path: `${extra.prefix}/mcp` }] : [];
	});
	if (names(accept, "application/json") && !names(accept, "text/html")) {
		return c.json(summaryOf(server.info, offers, signIn, origin));
	}
	return c.html(<HomePage origin={origin} server={server} signIn={signIn} offers={offers} />);
});
