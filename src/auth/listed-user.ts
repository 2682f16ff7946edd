/** The entries of settings that list users, and which users they name. */
import { z } from "zod";
import type { User } from "./grant.ts";

/** An entry that names a user: a login or an email address, in any case, or `id:` and the user's ID, letter by letter. */
export const userEntrySchema = z
	.string()
	.regex(/^[^\s;"<>]+$/, "is not a login or an email address; entries are separated by commas")
	.transform((entry) => (entry.startsWith("id:") ? entry : entry.toLowerCase()));

/**
 * Whether a list of the settings names a user: by `*` for all users, by the ID, by the login only if it is unique, or by
 * the email address only if it is verified.
 *
 * @param list the entries as `userEntrySchema` returns them
 */
export function isListed(user: User, list: readonly string[]): boolean {
	const names = [user.isLoginUnique ? user.login : undefined, user.emailVerified ? user.email : undefined];
	const isNamed = names.some((name) => name !== undefined && list.includes(name.toLowerCase()));
	return isNamed || list.includes(`id:${user.id}`) || list.includes("*");
}
