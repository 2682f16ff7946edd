/** The boxes of the consent page, which comes before the sign-in: the user's permissions are not known yet. */
import { allowListsOf, type Config } from "../config.ts";
import { isBuiltInSignInOffered } from "../identity/local.ts";
import { isLoopbackUrl } from "../loopback.ts";
import { type Permission, permissionFor, SCOPES, type Scope } from "../scopes.ts";

export type ScopeChoice = {
	readonly scope: Scope;
	/** What the app may do with it. */
	readonly sentence: string;
	/** Which command runs, for the scope of the stdio server. */
	readonly command: string | undefined;
	/** Who can be granted it, where that is not everyone. */
	readonly note: string | undefined;
	/** Never where no user can be granted it. */
	readonly isTicked: boolean;
};

/** Who can have a permission: every user, every user who chooses it at the built-in sign-in, some users, or none. */
type Availability = "everyone" | "chosen" | "some" | "nobody";

/**
 * @param offered the scopes that get a box
 * @param requested the scopes that the client named: of the scopes that only some users can be granted, these are ticked;
 *   and one that is the only one offered
 * @param url of the request
 */
export function scopeChoices(
	offered: readonly Scope[],
	requested: readonly string[],
	config: Config,
	url: string,
): ScopeChoice[] {
	return offered.map((scope) => {
		const permission = permissionFor(scope);
		const availability = permission === undefined ? "everyone" : availabilityOf(permission, config, url);
		const isStdio = scope === "stdio";
		return {
			scope,
			sentence: isStdio ? stdioSentence(config) : SCOPES[scope].sentence,
			command: isStdio ? config.stdioCommand : undefined,
			note: permission && NOTES[availability]?.(permission),
			isTicked: availability === "some" ? offered.length === 1 || requested.includes(scope) : availability !== "nobody",
		};
	});
}

const NOTES: Partial<Record<Availability, (permission: Permission) => string>> = {
	chosen: (permission) => `Needs the permission ${permission}. Tick it on the next page, too.`,
	some: (permission) => `Granted only to users who have the permission ${permission}.`,
	nobody: (permission) => `No user of this server has the permission ${permission} yet.`,
};

function availabilityOf(permission: Permission, config: Config, url: string): Availability {
	const list = allowListsOf(config, isLoopbackUrl(url))[permission] ?? [];
	if (list.includes("*")) return "everyone";
	if (isBuiltInSignInOffered(config, url)) return "chosen";
	return list.length > 0 || config.identityProviders.some((provider) => provider.statesPermissions) ? "some" : "nobody";
}

function stdioSentence({ stdio }: Config): string {
	const place = stdio === "container" ? "for you in a container" : "on this computer";
	return `${SCOPES.stdio.sentence} that runs ${place}`;
}
