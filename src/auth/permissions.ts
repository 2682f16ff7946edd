/** Who has which permission: by their identity provider's claims, or by a setting. */
import { z } from "zod";
import type { Server } from "../mcp/define/server.ts";
import type { User } from "./grant.ts";
import { readList, text } from "./parse-settings.ts";

const userSchema = z
	.string()
	.regex(/^[^\s;"<>]+$/, "is not a login or an email address; entries are separated by commas")
	.toLowerCase();

/**
 * For each permission that means something on this server, who has it by a setting: logins or email addresses in lower
 * case, or `*` for everyone.
 */
export type AllowLists = Readonly<Record<string, readonly string[]>>;

type ReadLists = {
	readonly users: AllowLists;
	/** The permissions whose setting says something, even if no entry of it is right. */
	readonly listed: readonly string[];
	/** A sentence for each entry that is ignored. */
	readonly warnings: readonly string[];
};

const known = new WeakMap<Server, WeakMap<Env, ReadLists>>();

export function readAllowLists(server: Server, env: Env): ReadLists {
	const byEnv = known.get(server) ?? new WeakMap<Env, ReadLists>();
	known.set(server, byEnv);
	const read = byEnv.get(env) ?? parse(server, env);
	byEnv.set(env, read);
	return read;
}

function parse({ permissions }: Server, env: Env): ReadLists {
	const lists = Object.entries(permissions).map(([permission, { users = "" }]) => {
		const { data: list = "", success } = text.safeParse(Reflect.get(env, users));
		const read = success ? readList(users, list, userSchema) : { entries: [], warnings: [`${users} takes text.`] };
		return { permission, ...read };
	});
	return {
		users: Object.fromEntries(lists.map(({ permission, entries }) => [permission, entries])),
		listed: lists.flatMap(({ permission, entries, warnings }) =>
			entries.length + warnings.length > 0 ? [permission] : [],
		),
		warnings: lists.flatMap(({ warnings }) => warnings),
	};
}

/** @param isLocal whether the server is on a loopback host */
export function allowListsOf(server: Server, env: Env, isLocal: boolean): AllowLists {
	const { users, listed } = readAllowLists(server, env);
	const offered = Object.entries(server.permissions).filter(([, { isOffered }]) => isOffered?.(env) ?? true);
	return Object.fromEntries(
		offered.map(([permission, { isEveryonesLocally }]) => {
			const isEveryones = isEveryonesLocally && isLocal && !listed.includes(permission);
			return [permission, isEveryones ? ["*"] : (users[permission] ?? [])];
		}),
	);
}

/**
 * Every permission a user has now: the identity provider's, and those that an allow list gives them. A login counts
 * only where it is unique, an address when it is verified.
 */
export function permissionsOf(user: User, allowLists: AllowLists): string[] {
	const names = [user.isLoginUnique ? user.login : undefined, user.emailVerified ? user.email : undefined];
	return Object.entries(allowLists).flatMap(([permission, list]) => {
		const isListed = names.some((name) => name !== undefined && list.includes(name.toLowerCase()));
		return user.permissions.includes(permission) || list.includes("*") || isListed ? [permission] : [];
	});
}
