/**
 * The built-in sign-in trusts any email address that a user types. It exists only on loopback hosts, so that developers
 * can try the server and write tools before they set up an identity provider.
 */
import { z } from "zod";
import { isLoopbackUrl } from "../http/loopback.ts";
import type { Identity } from "./provider.ts";

/** RFC 5321 section 4.5.3.1: a path has at most 256 octets, two of which are its brackets. */
const MAX_EMAIL_LENGTH = 254;

const signInSchema = z.object({
	// The rule of browsers for <input type=email>. It is more lenient than zod's: it accepts me@localhost.
	email: z
		.string()
		.trim()
		.max(MAX_EMAIL_LENGTH)
		.regex(z.regexes.html5Email)
		.transform((email) => email.toLowerCase()),
	permission: z.array(z.string()),
});

/** The built-in sign-in is offered only on loopback hosts, and only if no identity provider is set up. */
export function isBuiltInSignInOffered(
	config: { readonly identityProviders: readonly unknown[] },
	origin: string,
): boolean {
	return config.identityProviders.length === 0 && isLoopbackUrl(origin);
}

/** @returns the identity that a sign-in form claims, or undefined if its email address or a permission is not valid */
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
		// On a loopback host, the address needs no proof.
		emailVerified: true,
		permissions: permission,
	};
}
