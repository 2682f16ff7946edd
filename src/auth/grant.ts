/** The data that a grant stores about its user. The OAuth wrapper encrypts it in OAUTH_KV. */
import { z } from "zod";

/** The provider names of users without an identity provider: built-in sign-in, API key, or no sign-in. */
export const LOCAL_PROVIDER = "local";
export const API_KEY_PROVIDER = "api-key";
export const VISITOR_PROVIDER = "visitor";

/** What an identity provider states of a user for the sign-in policy alone. */
const membershipSchema = z.object({
	/** The domain of the verified email address, or the one that the provider states instead. */
	domain: z.string().optional(),
	/** The GitHub organisations, among those that the settings name. */
	organizations: z.array(z.string()).optional(),
	/** The values of the claim that the settings name. */
	claim: z.object({ name: z.string(), values: z.array(z.string()) }).optional(),
	/** When the provider stated the organisations and the claim, in seconds since the epoch. */
	statedAt: z.int(),
});

export type Membership = z.infer<typeof membershipSchema>;

export const userSchema = z.object({
	/** `<provider>-<subject>`: stable, never a login or an email address that can pass to another user. */
	id: z.string().min(1),
	/** The identity provider's name, such as `github`, or one of the constants above. */
	provider: z.string().min(1),
	login: z.string(),
	/** Whether the provider guarantees that no other user has this login. Many let users choose any login. */
	isLoginUnique: z.boolean(),
	name: z.string(),
	email: z.string().optional(),
	emailVerified: z.boolean(),
	/** From the identity provider's claims. The settings add others at each request. */
	permissions: z.array(z.string()),
	/** Absent for users without an identity provider, and in grants of an older version. */
	membership: membershipSchema.optional(),
});

export type User = z.infer<typeof userSchema>;

const upstreamTokensSchema = z.object({
	/** Absent where it is too long to keep. */
	accessToken: z.string().min(1).optional(),
	refreshToken: z.string().optional(),
	/** Seconds since the epoch; absent if the token does not expire. */
	expiresAt: z.int().optional(),
});

/** The user's tokens at their identity provider. They are stored here, encrypted, and nowhere else. */
export type UpstreamTokens = z.infer<typeof upstreamTokensSchema>;

/** A grant's props. They are parsed at every request: if an older version wrote them, the user has to sign in again. */
export const propsSchema = z.object({
	user: userSchema,
	/** Absent for the built-in sign-in, which has no upstream tokens. */
	upstream: upstreamTokensSchema.optional(),
});

export type Props = z.infer<typeof propsSchema>;

/** The grant behind a valid token. */
export type Grant = Props & { readonly grantId: string };

/**
 * A user's id: `<provider>-<subject>`. It is part of tokens and storage keys, so characters that they cannot hold are
 * encoded.
 */
export function userId(provider: string, subject: string): string {
	return `${provider}-${subject.toWellFormed().replace(/[^!-~]|[:,%]/gu, encodeURIComponent)}`;
}
