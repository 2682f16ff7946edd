/** The definition of a sign-in. */
import type { Hono } from "hono";
import type { AppEnv } from "../../app-env.ts";
import type { Principal } from "../../auth/principal.ts";
import type { Server, WayIn } from "../definition.ts";
import type { Handler } from "../visit.ts";
import type { Upstream } from "./upstream.ts";

/** @typeParam Apis the names of your own APIs that accept the user's token */
export type SignIn<Apis extends string = string> = WayIn & {
	/** Your own APIs that accept the user's token, by name. */
	readonly apis: Readonly<Record<Apis, string>>;
	/**
	 * Adds the endpoints to an app, behind their sign-in check, and the routes of the sign-in itself.
	 *
	 * @param handlerAt returns the handler of an endpoint, for requests that were let in
	 */
	route(app: Hono<AppEnv>, server: Server, handlerAt: (path: string) => Handler): void;
	/** The APIs that accept the user's token; undefined if there are none. */
	upstreamOf?(principal: Principal, server: Server, env: Env): Upstream | undefined;
};
