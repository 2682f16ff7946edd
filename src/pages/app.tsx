/** The pages that need no sign-in. */
import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { HomePage } from "./home.tsx";
import { STYLE } from "./style.ts";

export const pagesApp = new Hono<AppEnv>();

pagesApp.get("/", (c) => c.html(<HomePage origin={new URL(c.req.url).origin} />));

pagesApp.get("/style.css", (c) => {
	return c.body(STYLE, 200, { "Content-Type": "text/css; charset=utf-8", "Cache-Control": "public, max-age=300" });
});
