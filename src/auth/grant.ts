/** What a grant stores about the person who signed in. Encrypted in OAUTH_KV by the OAuth wrapper. */
import { z } from "zod";

/** Those who sign in without an identity provider: at the built-in sign-in, with an API key, or not at all. */
export const LOCAL_PROVIDER = "local";
export const API_KEY_PROVIDER = "api-key";
export const VISITOR_PROVIDER = "visitor";

const userSchema = z.object({
	/** `<provider>-<subject>`: stable, never a login or an address that can change hands. */
	id: z.string().min(1),
	/** The identity provider's name, such as `github`; or one of those above. */
	provider: z.string().min(1),
	login: z.string(),
	/** Whether the provider lets nobody else have this login. Many let people choose what they are called. */
	isLoginUnique: z.boolean(),
	name: z.string(),
	email: z.string().optional(),
	emailVerified: z.boolean(),
	/** From the identity provider's claims; settings add to them at each request. */
	permissions: z.array(z.string()),
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

/** A grant's props. Parsed at every request, not cast: a grant from an older version is asked to sign in again. */
export const propsSchema = z.object({
	user: userSchema,
	/** Absent for the built-in sign-in, which has none. */
	upstream: upstreamTokensSchema.optional(),
});

export type Props = z.infer<typeof propsSchema>;

/** The grant behind a valid token. */
export type Grant = Props & { readonly grantId: string };

/**
 * A user's id: `<provider>-<subject>`. It is a part of tokens and storage keys, so what they cannot hold is encoded.
 */
export function userId(provider: string, subject: string): string {
	return `${provider}-${subject.toWellFormed().replace(/[^!-~]|[:,%]/gu, encodeURIComponent)}`;
}
