/**
 * The built-in sign-in trusts the email address that a user types. It exists only on loopback hosts, so that developers
 * can try the server and write tools before they configure an identity provider.
 */
import { z } from "zod";
import { isLoopbackUrl } from "../http/loopback.ts";
import type { Identity } from "./provider.ts";

/** RFC 5321 section 4.5.3.1: a path is at most 256 octets, of which two are its brackets. */
const MAX_EMAIL_LENGTH = 254;

const signInSchema = z.object({
	// The browsers' own rule for <input type=email>: more forgiving than zod's, so that me@localhost will do.
	email: z
		.string()
		.trim()
		.max(MAX_EMAIL_LENGTH)
		.regex(z.regexes.html5Email)
		.transform((email) => email.toLowerCase()),
	permission: z.array(z.string()),
});

/** It makes way for a real identity provider, and is never offered to the internet. */
export function isBuiltInSignInOffered(
	config: { readonly identityProviders: readonly unknown[] },
	origin: string,
): boolean {
	return config.identityProviders.length === 0 && isLoopbackUrl(origin);
}

/** @returns the identity a sign-in form claims, or undefined if its email address is none */
export function identifyLocally(form: FormData): Identity | undefined {
	const result = signInSchema.safeParse({ email: form.get("email"), permission: form.getAll("permission") });
	if (!result.success) return undefined;
	const { email, permission } = result.data;
	return {
		subject: email,
		login: email,
		isLoginUnique: false,
		name: email.split("@")[0] ?? email,
		email,
		// On this computer there is nobody to prove it to.
		emailVerified: true,
		permissions: permission,
	};
}
