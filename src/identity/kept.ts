/** What is kept of what a provider says: no more than can be stored, and always in the shape in which it is read again. */
import { type UpstreamTokens, userId } from "../auth/grant.ts";
import type { AllowedClaim } from "../auth/sign-in-policy.ts";
import { logWarning } from "../errors.ts";
import { type Identity, UpstreamError } from "./provider.ts";

const MAX_NAME_LENGTH = 200;
/** RFC 5321 section 4.5.3.1.3: a path, without its brackets. */
const MAX_EMAIL_LENGTH = 254;
/** A user's ID is a part of the keys of their tokens, which Workers KV limits to 512 bytes. */
const MAX_USER_ID_LENGTH = 300;
/** The token is read with each request. Real ones have a few thousand characters. */
const MAX_TOKEN_LENGTH = 64 * 1024;
/** A claim can list hundreds of groups. */
const MAX_CLAIM_VALUES = 100;
/** Ten years; what lasts longer does not matter. */
const MAX_LIFETIME_SECONDS = 10 * 365 * 24 * 60 * 60;

/**
 * An identity with texts of a sensible length.
 *
 * @throws UpstreamError `malformed` for a subject that is too long (OpenID Connect Core 1.0, section 2: 255 characters)
 */
export function keptIdentity(provider: string, identity: Identity): Identity {
	const { subject, login, isLoginUnique, name, email } = identity;
	if (userId(provider, subject).length > MAX_USER_ID_LENGTH) {
		throw new UpstreamError("malformed", `${provider}: the subject has ${subject.length} characters`);
	}
	const hasEmail = email !== undefined && email.length <= MAX_EMAIL_LENGTH;
	return {
		...identity,
		login: cut(login),
		// A login that was cut can be the beginning of another user's.
		isLoginUnique: isLoginUnique && login.length <= MAX_NAME_LENGTH,
		name: cut(name),
		email: hasEmail ? email : undefined,
		emailVerified: hasEmail && identity.emailVerified,
	};
}

/** As many values of a claim as can be kept, those that count now first, so that a changed setting can find the others. */
export function keptValues(values: readonly string[], { values: wanted }: AllowedClaim): string[] {
	const whole = [...new Set(values)].filter((value) => value.length <= MAX_NAME_LENGTH);
	const isWanted = (value: string) => wanted.includes(value);
	return [...whole.filter(isWanted), ...whole.filter((value) => !isWanted(value))].slice(0, MAX_CLAIM_VALUES);
}

function cut(text: string): string {
	return text.length <= MAX_NAME_LENGTH ? text : `${text.slice(0, MAX_NAME_LENGTH - 1).toWellFormed()}…`;
}

/** Drops tokens that are too long to store. The user stays signed in, but tools cannot use the provider's API. */
export function keptTokens(provider: string, tokens: UpstreamTokens): UpstreamTokens {
	const { accessToken, refreshToken } = tokens;
	return {
		...tokens,
		accessToken: unlessTooLong(provider, "access", accessToken),
		refreshToken: unlessTooLong(provider, "refresh", refreshToken),
	};
}

function unlessTooLong(provider: string, kind: string, token: string | undefined): string | undefined {
	if (token === undefined || token.length <= MAX_TOKEN_LENGTH) return token;
	logWarning("upstream_token_too_long", { provider, kind, length: token.length });
	return undefined;
}

/**
 * RFC 6749 section 5.1: the lifetime of an access token in seconds.
 *
 * @returns whole seconds; undefined for what is no number
 */
export function keptLifetime(expiresIn: unknown): number | undefined {
	const seconds = typeof expiresIn === "string" && expiresIn.trim() !== "" ? Number(expiresIn) : expiresIn;
	if (typeof seconds !== "number" || Number.isNaN(seconds)) return undefined;
	return Math.floor(Math.min(Math.max(seconds, 0), MAX_LIFETIME_SECONDS));
}
