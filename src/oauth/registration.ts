/** What a client may register, beside what the OAuth wrapper checks. */
import { z } from "zod";
import { isAcceptedRedirectUri, isOwnPage, isPlainUri } from "./redirect-uris.ts";

/** Bytes. Real registrations have one or two thousand. */
export const MAX_REGISTRATION_BYTES = 16 * 1024;
const MAX_REDIRECT_URIS = 20;
const MAX_NAME_LENGTH = 100;

const membersSchema = z.record(z.string(), z.unknown());
const registrationSchema = z.object({ redirect_uris: z.array(z.string()) });

/**
 * Drops optional members of a registration that are null or empty, because many clients send all members, and cuts long
 * names. RFC 7591 section 2 requires only `redirect_uris`, which stays as it is, and lets a server replace values.
 */
export async function tidyRegistration(request: Request): Promise<Request> {
	const parsed = membersSchema.safeParse(
		await request
			.clone()
			.json()
			.catch(() => undefined),
	);
	if (!parsed.success) return request;
	const given = Object.entries(parsed.data)
		.filter(([name, value]) => name === "redirect_uris" || (value !== null && value !== ""))
		.map(([name, value]) => [name, isName(name) && typeof value === "string" ? cut(value) : value]);
	return new Request(request, { body: JSON.stringify(Object.fromEntries(given)) });
}

/** A client's name can be given in several languages, such as `client_name#de`. */
const isName = (member: string) => member === "client_name" || member.startsWith("client_name#");

function cut(name: string): string {
	return name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, MAX_NAME_LENGTH - 1).toWellFormed()}…`;
}

/**
 * Refuses a client whose redirect URIs are too many, malformed or none of which is accepted. Other redirect URIs beside
 * an accepted one do no harm: Cursor, for example, always lists all of its own.
 *
 * @param origin of this server, whose own pages no client may name
 * @returns undefined for a client that can be registered
 */
export function refuseRegistration(metadata: unknown, origin: string, privateUseUris: readonly string[]) {
	const { redirect_uris: uris } = registrationSchema.parse(metadata);
	const refusal = (description: string) => ({ code: "invalid_redirect_uri", description, status: 400 });
	if (uris.length > MAX_REDIRECT_URIS) return refusal(`There are more than ${MAX_REDIRECT_URIS} redirect URIs`);
	if (uris.some((uri) => !isPlainUri(uri))) {
		return refusal("A redirect URI must have no blanks, line breaks, backslashes or wildcards");
	}
	if (uris.some((uri) => isOwnPage(uri, origin))) {
		return refusal("A redirect URI must not be an address of this server");
	}
	if (uris.some((uri) => isAcceptedRedirectUri(uri, privateUseUris))) return undefined;
	return refusal(
		"None of the redirect URIs is accepted here: one must use https, or http on a loopback host, or be listed in PRIVATE_USE_REDIRECT_URIS",
	);
}
