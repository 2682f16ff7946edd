import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../app-env.ts";
import { refuse } from "./answers.tsx";
import { type ByAddress, isAddressBeyond, LIMIT_RETRY_SECONDS } from "./limits.ts";

/** Refuses requests beyond the limit of their network, as a page or as the JSON that the client expects. */
export const limitAddress = (what: ByAddress) =>
	createMiddleware<AppEnv>(async (c, next) => {
		return (await isAddressBeyond(c.env.ADDRESS_LIMIT, c.req.raw, what)) ? refuseTooMany(c) : next();
	});

/**
 * Counts refused credentials (not missing ones) by network, and refuses the ones beyond the limit.
 *
 * @param isGuess whether the response of a context refuses credentials
 */
export const limitGuesses = (isGuess: (c: Context<AppEnv>) => boolean = isRefusedBearer) =>
	createMiddleware<AppEnv>(async (c, next) => {
		await next();
		if (!isGuess(c) || !(await isAddressBeyond(c.env.ADDRESS_LIMIT, c.req.raw, "bad-token"))) return;
		c.res = await refuseTooMany(c);
		c.res.headers.delete("WWW-Authenticate");
	});

function isRefusedBearer(c: Context<AppEnv>): boolean {
	return c.res.status === 401 && Boolean(c.req.header("Authorization"));
}

function refuseTooMany(c: Context<AppEnv>): Response | Promise<Response> {
	c.header("Retry-After", String(LIMIT_RETRY_SECONDS));
	return refuse(c, 429, "Too many requests came from your address. Try again in a minute.");
}
