/** `/health`: whether the server runs and its settings are right. It reads nothing, so that a probe costs nothing. */
import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";

export const HEALTH_PATH = "/health";

/** Wrong settings have been refused with 503 before. */
export function answerHealth(c: Context<AppEnv>): Response {
	const { name, version } = c.get("server").info;
	return c.json({ status: "ok", name, version }, 200, { "Cache-Control": "no-store" });
}
