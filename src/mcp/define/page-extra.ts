import type { Hono } from "hono";
import type { AppEnv } from "../../app-env.ts";
import type { Pages } from "../definition.ts";

/** An extra with pages for the users. One line of `src/server.ts` adds or removes it. */
export type PageExtra = Pages & {
	/** Adds its routes to an app. */
	route(app: Hono<AppEnv>): void;
};
