/** Origins of web pages, as browsers send them in the `Origin` header. */
import { z } from "zod";

/** Scheme and authority, with the trailing slash that browsers show in the address bar. No user, path or query. */
const SHAPE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\\@\s]+\/?$/i;

/** Pages with these schemes send `null`, or the origin of another page. */
const SCHEMES_WITHOUT_ORIGIN = ["about:", "blob:", "data:", "file:", "javascript:", "ws:", "wss:"];

/** The origin of files in desktop and mobile apps, such as Electron's and Cordova's. Files in a browser send `null`. */
const FILE_ORIGIN = /^file:\/\/\/?$/i;

/** Why a text is not an origin; undefined if it is one. */
function problemOf(text: string): string | undefined {
	if (FILE_ORIGIN.test(text)) return undefined;
	if (text === "null") return "is null, which any sandboxed page sends";
	if (text.includes("*")) return "has a wildcard: list each origin";
	if (!text.includes("://")) return "has no scheme: write it like https://app.example.com";
	if (!SHAPE.test(text))
		return "has more than a scheme, a host and a port, such as a path; entries are separated by commas";
	if (!URL.canParse(text) || new URL(text).host === "") return "is not an origin such as https://app.example.com";
	if (SCHEMES_WITHOUT_ORIGIN.includes(new URL(text).protocol)) return "has a scheme that no page sends as its origin";
	return undefined;
}

/**
 * An origin in lower case, as a browser serializes it (HTML, section 7.1.1): without the default port, and with an
 * international host name in Punycode. The schemes of browser extensions and desktop apps are accepted too. For these,
 * `URL.origin` is `null`, so it is not used.
 *
 * @example
 * originSchema.parse("https://App.example.com:443/"); // "https://app.example.com"
 * originSchema.parse("chrome-extension://abc"); // "chrome-extension://abc"
 */
export const originSchema = z.string().transform((text, context) => {
	const problem = problemOf(text);
	if (problem !== undefined) {
		context.addIssue(problem);
		return z.NEVER;
	}
	const { protocol, host } = new URL(text);
	return `${protocol}//${host}`.toLowerCase();
});
