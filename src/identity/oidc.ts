/** Code that OpenID providers share: the user's identity comes from the ID token. */
import { z } from "zod";
import type { TokenAnswer } from "./definition.ts";
import { type Identity, UpstreamError } from "./provider.ts";

/** OpenID Connect Core 1.0, section 5.1. Some providers send `email_verified` as text. */
const claimsSchema = z.object({
	sub: z.string().min(1),
	name: z.string().optional(),
	preferred_username: z.string().optional(),
	email: z.string().optional(),
	email_verified: z.union([z.boolean(), z.stringbool()]).default(false),
});

/** @throws UpstreamError if the claims lack a subject, or one of them has the wrong type */
export function identityOf(claims: unknown): Omit<Identity, "permissions"> {
	const result = claimsSchema.safeParse(claims);
	if (!result.success) throw new UpstreamError("malformed", `ID token: ${z.prettifyError(result.error)}`);
	const { sub, name, preferred_username: username, email, email_verified: emailVerified } = result.data;
	const login = username ?? (emailVerified ? email : undefined) ?? sub;
	return { subject: sub, login, isLoginUnique: false, name: name ?? login, email, emailVerified };
}

export async function identifyByIdToken({ claims }: TokenAnswer): Promise<Omit<Identity, "permissions">> {
	return identityOf(claims);
}

/** For providers whose ID tokens may hold only the subject. The userinfo endpoint adds missing claims. */
export async function identifyByIdTokenAndUserInfo(answer: TokenAnswer): Promise<Omit<Identity, "permissions">> {
	const { claims } = answer;
	const isComplete = claims?.email !== undefined && claims.name !== undefined;
	return identityOf(isComplete ? claims : { ...(await answer.userInfo()), ...claims });
}

/** The names in a claim: an array, or text separated by spaces or commas. Other code picks those of this server. */
export function permissionsIn(claim: unknown): string[] {
	const names = typeof claim === "string" ? claim.split(/[\s,]+/) : Array.isArray(claim) ? claim : [];
	return names.filter((name) => typeof name === "string");
}
