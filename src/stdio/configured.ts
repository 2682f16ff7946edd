/** Whether there is a stdio MCP server at `/stdio`. */
import { createMiddleware } from "hono/factory";
import { refuse } from "../answers.tsx";
import type { AppEnv } from "../app-env.ts";
import { readConfig } from "../config.ts";

export const requireStdio = createMiddleware<AppEnv>(async (c, next) => {
	if (readConfig(c.env).stdio !== undefined) return next();
	return refuse(
		c,
		404,
		"This server runs no stdio MCP server. Its administrator can add one: locally with `npm run start:stdio -- <command>`, on Cloudflare with the setting `STDIO_COMMAND`.",
	);
});
