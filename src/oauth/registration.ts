/** What a client may register, beside what the OAuth wrapper checks. */
import { z } from "zod";
import type { Pages } from "../mcp/definition.ts";
import { isAcceptedRedirectUri, isListableUri, isOwnPage } from "./redirect-uris.ts";

/** Bytes. Real registrations have one or two thousand. */
export const MAX_REGISTRATION_BYTES = 16 * 1024;
const MAX_REDIRECT_URIS = 20;
const MAX_NAME_LENGTH = 100;

const membersSchema = z.record(z.string(), z.unknown());
const registrationSchema = z.object({ redirect_uris: z.array(z.string()) });

/**
 * Drops optional members of a registration that are null or empty, because many clients send all members, and cuts long
 * names. RFC 7591 section 2 requires only `redirect_uris`, which stays as it is, and lets a server replace values.
 *
 * @returns the request for the wrapper, and the metadata in it
 */
export async function tidyRegistration(request: Request): Promise<{ request: Request; metadata: unknown }> {
	const json: unknown = await request
		.clone()
		.json()
		.catch(() => undefined);
	const parsed = membersSchema.safeParse(json);
	if (!parsed.success) return { request, metadata: json };
	const given = Object.entries(parsed.data)
		.filter(([name, value]) => name === "redirect_uris" || (value !== null && value !== ""))
		.map(([name, value]) => [name, isName(name) && typeof value === "string" ? cut(value) : value]);
	const metadata: unknown = Object.fromEntries(given);
	return { request: new Request(request, { body: JSON.stringify(metadata) }), metadata };
}

/** A client's name can be given in several languages, such as `client_name#de`. */
const isName = (member: string) => member === "client_name" || member.startsWith("client_name#");

function cut(name: string): string {
	return name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, MAX_NAME_LENGTH - 1).toWellFormed()}…`;
}

/**
 * Says what is wrong with a client's redirect URIs: too many, malformed, or none of them accepted. Other redirect URIs
 * beside an accepted one do no harm: Cursor, for example, always lists all of its own.
 *
 * The OAuth wrapper checks them too, but answers `invalid_client_metadata`. RFC 7591 section 3.2.2 has
 * `invalid_redirect_uri` for this, by which a client knows what to change.
 *
 * @param origin of this server, whose own pages no client may name, unless they are a client themselves
 * @returns undefined if they can be registered, or if the wrapper has to answer, because there are none
 */
export function findRedirectUriFault(
	metadata: unknown,
	origin: string,
	pages: readonly Pages[],
	privateUseUris: readonly string[],
): string | undefined {
	const { success, data } = registrationSchema.safeParse(metadata);
	if (!success || data.redirect_uris.length === 0) return undefined;
	const { redirect_uris: uris } = data;
	if (uris.length > MAX_REDIRECT_URIS) return `There are more than ${MAX_REDIRECT_URIS} redirect URIs`;
	if (!uris.every(isListableUri)) {
		return "A redirect URI must be absolute, with no blanks, line breaks, backslashes, wildcards, fragment or user name, and with no scheme such as javascript: or file:";
	}
	if (uris.some((uri) => isOwnPage(uri, origin, pages))) return "A redirect URI must not be an address of this server";
	if (uris.some((uri) => isAcceptedRedirectUri(uri, privateUseUris))) return undefined;
	return "None of the redirect URIs is accepted here: one must use https, or http on a loopback host, or be listed in PRIVATE_USE_REDIRECT_URIS";
}
