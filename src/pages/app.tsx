/** The pages that need no sign-in. */
import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { readConfig } from "../config.ts";
import { HomePage } from "./home.tsx";
import { STYLE } from "./style.ts";

export const pagesApp = new Hono<AppEnv>();

pagesApp.get("/", (c) =>
	c.html(<HomePage origin={new URL(c.req.url).origin} hasStdio={readConfig(c.env).stdio !== undefined} />),
);

pagesApp.get("/style.css", (c) => {
	return c.body(STYLE, 200, { "Content-Type": "text/css; charset=utf-8", "Cache-Control": "public, max-age=300" });
});
