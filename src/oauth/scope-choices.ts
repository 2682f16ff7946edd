/** The boxes of the consent page. It is shown before the sign-in, so the user's permissions are not known yet. */
import type { AuthRequest } from "@cloudflare/workers-oauth-provider";
import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { allowListsOf } from "../auth/permissions.ts";
import { isScope, scopeNamed, sentenceOf } from "../auth/scopes.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { isBuiltInSignInOffered } from "../identity/local.ts";
import type { Server } from "../mcp/definition.ts";
import { readSignInSettings } from "./settings.ts";

export type ScopeChoice = {
	readonly scope: string;
	/** Explains what the app may do with the scope. */
	readonly sentence: string;
	/** The command that the scope allows to run. */
	readonly command: string | undefined;
	/** Which users can grant the scope, unless all users can. */
	readonly note: string | undefined;
	/** Whether the box is ticked by default. It never is if no user can grant the scope. */
	readonly isTicked: boolean;
};

type Asked = {
	/** The scopes that get a box. */
	readonly offered: readonly string[];
	/**
	 * The scopes that the client named. If only some users can grant a scope, its box is ticked only if the client named
	 * it, or if it is the only one offered.
	 */
	readonly requested: readonly string[];
	/** The URL of the request. */
	readonly url: string;
};

/** Which users can have a permission: all, all who choose it at the built-in sign-in, some, or none. */
type Availability = "everyone" | "chosen" | "some" | "nobody";

/** The boxes of an authorization request. @param query the query of the request, which shows the scopes that the client named */
export function choicesOf(c: Context<AppEnv>, { scope }: AuthRequest, query: string): ScopeChoice[] {
	const named = new URLSearchParams(query).get("scope")?.split(" ") ?? [];
	const server = c.get("server");
	const offered = scope.filter((name) => isScope(server, name));
	return scopeChoices(server, c.env, { offered, requested: named, url: c.req.url });
}

export function scopeChoices(server: Server, env: Env, { offered, requested, url }: Asked): ScopeChoice[] {
	return offered.flatMap((scope) => {
		const definition = scopeNamed(server, scope);
		if (!definition) return [];
		const { permission, command } = definition;
		const availability = permission === undefined ? "everyone" : availabilityOf(server, env, permission, url);
		return {
			scope,
			sentence: sentenceOf(definition, env),
			command: command?.(env),
			note: permission && NOTES[availability]?.(server.permissions[permission]?.title ?? permission),
			isTicked: availability === "some" ? offered.length === 1 || requested.includes(scope) : availability !== "nobody",
		};
	});
}

const NOTES: Partial<Record<Availability, (title: string) => string>> = {
	chosen: (title) => `Works only if you also tick “${title}” on the next page.`,
	some: (title) => `Only for users with the permission “${title}”.`,
	nobody: (title) => `No user of this server has the permission “${title}” yet.`,
};

function availabilityOf(server: Server, env: Env, permission: string, url: string): Availability {
	const config = readSignInSettings(env);
	const list = allowListsOf(server, env, isLoopbackUrl(url))[permission] ?? [];
	if (list.includes("*")) return "everyone";
	if (isBuiltInSignInOffered(config, url)) return "chosen";
	return list.length > 0 || config.identityProviders.some((provider) => provider.statesPermissions) ? "some" : "nobody";
}
