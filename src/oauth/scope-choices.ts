/** The boxes of the consent page, which comes before the sign-in: the user's permissions are not known yet. */
import { allowListsOf } from "../auth/permissions.ts";
import { scopeNamed } from "../auth/scopes.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { isBuiltInSignInOffered } from "../identity/local.ts";
import type { Server } from "../mcp/definition.ts";
import { readSignInSettings } from "./settings.ts";

export type ScopeChoice = {
	readonly scope: string;
	/** What the app may do with it. */
	readonly sentence: string;
	/** Which command runs. */
	readonly command: string | undefined;
	/** Who can be granted it, where that is not everyone. */
	readonly note: string | undefined;
	/** Never where no user can be granted it. */
	readonly isTicked: boolean;
};

type Asked = {
	/** The scopes that get a box. */
	readonly offered: readonly string[];
	/**
	 * The scopes that the client named. Of the scopes that only some users can be granted, these are ticked; and one that
	 * is the only one offered.
	 */
	readonly requested: readonly string[];
	/** Of the request. */
	readonly url: string;
};

/** Who can have a permission: every user, every user who chooses it at the built-in sign-in, some users, or none. */
type Availability = "everyone" | "chosen" | "some" | "nobody";

export function scopeChoices(server: Server, env: Env, { offered, requested, url }: Asked): ScopeChoice[] {
	return offered.flatMap((scope) => {
		const definition = scopeNamed(server, scope);
		if (!definition) return [];
		const { permission, sentence, command } = definition;
		const availability = permission === undefined ? "everyone" : availabilityOf(server, env, permission, url);
		return {
			scope,
			sentence: typeof sentence === "string" ? sentence : sentence(env),
			command: command?.(env),
			note: permission && NOTES[availability]?.(permission),
			isTicked: availability === "some" ? offered.length === 1 || requested.includes(scope) : availability !== "nobody",
		};
	});
}

const NOTES: Partial<Record<Availability, (permission: string) => string>> = {
	chosen: (permission) => `Needs the permission ${permission}. Tick it on the next page, too.`,
	some: (permission) => `Granted only to users who have the permission ${permission}.`,
	nobody: (permission) => `No user of this server has the permission ${permission} yet.`,
};

function availabilityOf(server: Server, env: Env, permission: string, url: string): Availability {
	const config = readSignInSettings(env);
	const list = allowListsOf(server, env, isLoopbackUrl(url))[permission] ?? [];
	if (list.includes("*")) return "everyone";
	if (isBuiltInSignInOffered(config, url)) return "chosen";
	return list.length > 0 || config.identityProviders.some((provider) => provider.statesPermissions) ? "some" : "nobody";
}
