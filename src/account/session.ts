/** The short session of a browser at the account pages: a signed JSON Web Token (RFC 7519) in a cookie. */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { AppEnv } from "../app-env.ts";
import { LOCAL_PROVIDER, type User, userSchema } from "../auth/grant.ts";
import { maySignIn, shortened } from "../auth/sign-in-policy.ts";
import { secretsFor } from "../auth/signing-key.ts";
import { isLoopbackUrl } from "../http/loopback.ts";
import { readSignInSettings } from "../oauth/settings.ts";
import { providersOf, usesBuiltIn } from "../oauth/sign-in.ts";

export const ACCOUNT_PATH = "/account";

const COOKIE = "account";
const SESSION_SECONDS = 30 * 60;
const ALGORITHM = "HS256";

const claimsSchema = z.object({ user: userSchema });

/** Whose account the pages show. */
export type AccountUser = Pick<User, "id" | "provider" | "name">;

/** Opens a session for a user who has signed in. */
export async function openAccount(c: Context<AppEnv>, user: User): Promise<void> {
	const [key] = await keys(c);
	const { origin } = new URL(c.req.url);
	const { policy } = readSignInSettings(c.env);
	const token = await new SignJWT({ user: shortened(user, policy) })
		.setProtectedHeader({ alg: ALGORITHM })
		.setIssuer(origin)
		.setAudience(origin + ACCOUNT_PATH)
		.setIssuedAt()
		.setExpirationTime(`${SESSION_SECONDS} seconds`)
		.sign(key);
	setCookie(c, COOKIE, token, { ...ATTRIBUTES, maxAge: SESSION_SECONDS });
}

/** @returns undefined without a session, if it has expired, its way to sign in is not offered any more, or the user may not sign in any more */
export async function accountOf(c: Context<AppEnv>): Promise<AccountUser | undefined> {
	const token = getCookie(c, COOKIE, "host");
	if (token === undefined) return undefined;
	const { origin } = new URL(c.req.url);
	for (const key of await keys(c)) {
		const options = { issuer: origin, audience: origin + ACCOUNT_PATH, algorithms: [ALGORITHM] };
		const verified = await jwtVerify(token, key, options).catch(() => undefined);
		const claims = claimsSchema.safeParse(verified?.payload).data;
		if (!claims) continue;
		const { id, provider, name } = claims.user;
		const isOffered =
			provider === LOCAL_PROVIDER ? usesBuiltIn(c) : providersOf(c).some((enabled) => enabled.name === provider);
		const isAllowed = maySignIn(claims.user, readSignInSettings(c.env).policy);
		return isOffered && isAllowed ? { id, provider, name } : undefined;
	}
	return undefined;
}

export function closeAccount(c: Context<AppEnv>): void {
	deleteCookie(c, COOKIE, { ...ATTRIBUTES });
}

/** Lax, since the user comes back to it from their identity provider. */
const ATTRIBUTES = { prefix: "host", path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;

async function keys(c: Context<AppEnv>): Promise<[Uint8Array, ...Uint8Array[]]> {
	const [current, ...previous] = await secretsFor("account-session", c.env, isLoopbackUrl(c.req.url));
	return [Uint8Array.fromHex(current), ...previous.map((secret) => Uint8Array.fromHex(secret))];
}
