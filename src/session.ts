/** What a grant stores about the person who signed in. Encrypted in OAUTH_KV by the OAuth wrapper. */
import { z } from "zod";
import { PERMISSIONS, type Permission } from "./scopes.ts";

const userSchema = z.object({
	/** `<provider>-<subject>`: stable, never a login or an address that can change hands. */
	id: z.string().min(1),
	/** The identity provider's name, such as `github`; `local` for the built-in sign-in. */
	provider: z.string().min(1),
	login: z.string(),
	name: z.string(),
	email: z.string().optional(),
	emailVerified: z.boolean(),
	/** From the identity provider's claims; settings add to them at each request. */
	permissions: z.array(z.enum(PERMISSIONS)),
});

export type User = z.infer<typeof userSchema>;

/** A grant's props. Parsed at every request, not cast: a grant from an older version is asked to sign in again. */
export const propsSchema = z.object({ user: userSchema });

export type Props = z.infer<typeof propsSchema>;

/**
 * Every permission a user has now: the identity provider's, and image generation for those on the allow list.
 *
 * @param allowList logins or e-mail addresses, in lower case; an address counts only when the provider verified it
 */
export function permissionsOf(user: User, allowList: readonly string[]): Permission[] {
	const names = [user.login, ...(user.email && user.emailVerified ? [user.email] : [])];
	const isListed = names.some((name) => allowList.includes(name.toLowerCase()));
	return PERMISSIONS.filter((permission) => user.permissions.includes(permission) || isListed);
}
