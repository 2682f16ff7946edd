/** Which redirect URIs a client may register, and to which of them access may go. */
import { isLoopbackUrl } from "../http/loopback.ts";
import type { Pages } from "../mcp/definition.ts";

/** Callbacks of well-known clients. Each belongs to one app, and is accepted only in exactly this form. */
export const KNOWN_PRIVATE_USE_REDIRECT_URIS: readonly string[] = [
	"cursor://anysphere.cursor-mcp/oauth/callback",
	"warp://mcp/oauth2callback",
];

/** Schemes of the browser or the system. No single app owns them. */
const SHARED_SCHEMES = new Set(
	"http https ws wss ftp file blob filesystem data javascript vbscript about view-source intent mailto tel sms".split(
		" ",
	),
);

/** Schemes that no client may register: a browser would run or read what they name. */
const DANGEROUS_SCHEMES = new Set(["javascript", "data", "vbscript", "file", "mailto", "blob"]);

const schemeOf = (uri: string) => (URL.canParse(uri) ? new URL(uri).protocol.slice(0, -1) : undefined);

/** Whether an app opens a redirect URI by its scheme, so that no HTTP request is made. */
export function opensApp(uri: string): boolean {
	const scheme = schemeOf(uri);
	return scheme !== undefined && scheme !== "http" && scheme !== "https";
}

/** Whether a redirect URI has a private-use scheme (RFC 8252 section 7.1), in the normal form that is compared. */
export function isPrivateUseUri(uri: string): boolean {
	const scheme = schemeOf(uri);
	if (scheme === undefined || SHARED_SCHEMES.has(scheme)) return false;
	const { href, username, password } = new URL(uri);
	return href === uri && !/[#\s]/.test(uri) && username === "" && password === "";
}

/**
 * Whether a client may register or use a redirect URI.
 *
 * @param privateUseUris the accepted private-use URIs, which have to match exactly
 */
export function isAcceptedRedirectUri(uri: string, privateUseUris: readonly string[]): boolean {
	if (opensApp(uri)) return privateUseUris.includes(uri);
	return schemeOf(uri) === "https" || (schemeOf(uri) === "http" && isLoopbackUrl(uri));
}

/**
 * Whether only the owner of the host can receive redirects to a URI. Any app on the user's computer can listen at a
 * loopback address or claim a scheme, so the user must be asked each time for such URIs (RFC 8252 section 8.6).
 */
export function isWebRedirectUri(uri: string): boolean {
	return schemeOf(uri) === "https" && !isLoopbackUrl(uri);
}

/**
 * Whether a client may list a URI beside an accepted one: browsers read it as it is written, and it has no dangerous scheme,
 * no fragment (RFC 6749 section 3.1.2) and no user name. The OAuth wrapper refuses most others too, but not as redirect URIs.
 */
export function isListableUri(uri: string): boolean {
	if (!URL.canParse(uri) || /[\s\p{Cc}\p{Cf}\\*#]/u.test(uri)) return false;
	const { protocol, username, password } = new URL(uri);
	return !DANGEROUS_SCHEMES.has(protocol.slice(0, -1)) && username === "" && password === "";
}

/** Whether a URI leads back to this server, other than to pages that are a client of it. */
export function isOwnPage(uri: string, origin: string, pages: readonly Pages[]): boolean {
	if (!URL.canParse(uri) || new URL(uri).origin !== origin) return false;
	return !pages.some(({ path, isClient }) => isClient && uri === origin + path);
}
