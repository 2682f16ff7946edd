/** Where the server sends access to. The OAuth wrapper checks https and loopback addresses; this is about apps' own schemes. */
import { isLoopbackUrl } from "../http/loopback.ts";

/** Callbacks of well-known clients: each belongs to one app, and is taken as it stands here and in no other form. */
export const KNOWN_PRIVATE_USE_REDIRECT_URIS: readonly string[] = [
	"cursor://anysphere.cursor-mcp/oauth/callback",
	"warp://mcp/oauth2callback",
];

/** Schemes of the browser or of the system: whatever follows, no app of its own opens it. */
const SHARED_SCHEMES = new Set(
	"http https ws wss ftp file blob filesystem data javascript vbscript about view-source intent mailto tel sms".split(
		" ",
	),
);

const schemeOf = (uri: string) => (URL.canParse(uri) ? new URL(uri).protocol.slice(0, -1) : undefined);

/** Whether a redirect URI is to be opened by an app, not by a server on the web or on this computer. */
export function opensApp(uri: string): boolean {
	const scheme = schemeOf(uri);
	return scheme !== undefined && scheme !== "http" && scheme !== "https";
}

/** Whether an app could have a redirect URI to itself (RFC 8252 section 7.1), written the one way it is compared. */
export function isPrivateUseUri(uri: string): boolean {
	const scheme = schemeOf(uri);
	if (scheme === undefined || SHARED_SCHEMES.has(scheme)) return false;
	const { href, username, password } = new URL(uri);
	return href === uri && !/[#\s]/.test(uri) && username === "" && password === "";
}

/**
 * Whether access may go to a redirect URI that a client registers or asks for.
 *
 * @param privateUseUris those to apps that are accepted, to the letter
 */
export function isAcceptedRedirectUri(uri: string, privateUseUris: readonly string[]): boolean {
	if (opensApp(uri)) return privateUseUris.includes(uri);
	return schemeOf(uri) === "https" || (schemeOf(uri) === "http" && isLoopbackUrl(uri));
}

/**
 * Whether only the owner of the host can receive what goes to a redirect URI. Any app on the user's computer can listen
 * at a loopback address or claim a scheme, so that one must be asked about each time (RFC 8252 section 8.6).
 */
export function isWebRedirectUri(uri: string): boolean {
	return schemeOf(uri) === "https" && !isLoopbackUrl(uri);
}
