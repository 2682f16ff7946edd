/** Which users have which permissions: by their identity provider's claims, or by a setting. */
import type { User } from "./grant.ts";
import { isListed, userEntrySchema } from "./listed-user.ts";
import { readList, text } from "./parse-settings.ts";
import { perServer } from "./per-server.ts";

/** A permission that the identity provider's claims or a setting can give to a user. */
export type PermissionDefinition = {
	/** Such as "May generate images". */
	readonly title: string;
	/** The setting that lists the users who have it: logins, email addresses or IDs, separated by commas, or `*` for all. */
	readonly users?: string;
	/** Whether every user of a server on a loopback host has it, unless the setting lists users. */
	readonly isEveryonesLocally?: boolean;
	/** Whether the permission has any effect under these settings. If omitted, it has. */
	isOffered?(env: Env): boolean;
};

export type Permissions = Readonly<Record<string, PermissionDefinition>>;
export type WithPermissions = { readonly permissions: Permissions };

/** For each permission, the users who have it by a setting, as `isListed` reads them. */
export type AllowLists = Readonly<Record<string, readonly string[]>>;

type ReadLists = {
	/** Every permission with the entries of its setting. */
	readonly users: AllowLists;
	/** The lists that apply on a loopback host, and those that apply elsewhere. */
	readonly locally: AllowLists;
	readonly elsewhere: AllowLists;
	/** A sentence for each entry that is ignored. */
	readonly warnings: readonly string[];
};

export const readAllowLists = perServer((server: WithPermissions, env): ReadLists => {
	const lists = Object.entries(server.permissions).map(([permission, definition]) => {
		const { users = "", isEveryonesLocally = false, isOffered } = definition;
		const { data: list = "", success } = text.safeParse(Reflect.get(env, users));
		const read = success ? readList(users, list, userEntrySchema) : { entries: [], warnings: [`${users} takes text.`] };
		// Even if no entry of a list is valid, the administrator meant to limit the permission to some users.
		const isListed = read.entries.length + read.warnings.length > 0;
		const locally = isEveryonesLocally && !isListed ? ["*"] : read.entries;
		return { permission, ...read, locally, isOffered: isOffered?.(env) ?? true };
	});
	const offered = lists.filter(({ isOffered }) => isOffered);
	return {
		users: Object.fromEntries(lists.map(({ permission, entries }) => [permission, entries])),
		locally: Object.fromEntries(offered.map(({ permission, locally }) => [permission, locally])),
		elsewhere: Object.fromEntries(offered.map(({ permission, entries }) => [permission, entries])),
		warnings: lists.flatMap(({ warnings }) => warnings),
	};
});

/** @param isLocal whether the server is on a loopback host */
export function allowListsOf(server: WithPermissions, env: Env, isLocal: boolean): AllowLists {
	const { locally, elsewhere } = readAllowLists(server, env);
	return isLocal ? locally : elsewhere;
}

/** The permissions of this server among the names that an identity provider claims. */
export function knownPermissions({ permissions }: WithPermissions, claimed: readonly string[]): string[] {
	return claimed.filter((name) => Object.hasOwn(permissions, name));
}

/** Every permission that a user has now: from the identity provider, or from an allow list. */
export function permissionsOf(user: User, allowLists: AllowLists): string[] {
	return Object.entries(allowLists).flatMap(([permission, list]) => {
		return user.permissions.includes(permission) || isListed(user, list) ? [permission] : [];
	});
}
