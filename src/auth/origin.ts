/** Origins of web pages, as browsers send them in the `Origin` header. */
import { z } from "zod";

/** Scheme and authority, with the slash at the end that browsers show in the address bar; no user, path or query. */
const SHAPE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\\@\s]+\/?$/i;

/** Their pages send `null`, or the origin of another page. */
const SCHEMES_WITHOUT_ORIGIN = ["about:", "blob:", "data:", "file:", "javascript:", "ws:", "wss:"];

/** What the files of desktop and mobile apps send, Electron's and Cordova's for example. Files in a browser send `null`. */
const FILE_ORIGIN = /^file:\/\/\/?$/i;

/** What keeps a text from being an origin; undefined for one that is. */
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
 * international host name in Punycode. Schemes of browser extensions and of desktop apps are as good as https. Not
 * `URL.origin`, which is `null` for these.
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
