/** Which media types a client accepts (RFC 9110 section 12.5.1). Only this file parses `Accept` headers. */
import { parseAccept } from "hono/utils/accept";

const WHOLE_RANGE = /^[^\s/]+\/[^\s/]+$/;

/**
 * Whether an `Accept` header allows a media type. If several ranges match, the most specific one decides.
 *
 * @param accept the header's value. A missing header (null or undefined) accepts nothing, because MCP clients and
 *   browsers always send one
 * @param mediaType in lower case and without parameters, such as `text/event-stream`
 * @example
 * accepts("application/*, text/event-stream;q=0", "text/event-stream"); // false
 */
export function accepts(accept: string | null | undefined, mediaType: string): boolean {
	const [type] = mediaType.split("/");
	const ranges = parseAccept(accept ?? "")
		.map((range) => ({ q: range.q, name: range.type.toLowerCase() }))
		.filter(({ name }) => WHOLE_RANGE.test(name));
	for (const name of [mediaType, `${type}/*`, "*/*"]) {
		const range = ranges.find((one) => one.name === name);
		if (range) return range.q > 0;
	}
	return false;
}

/** Whether a client names a media type and does not just accept any: a browser names `text/html`, `curl` does not. */
export function names(accept: string | null | undefined, mediaType: string): boolean {
	return accepts(accept, mediaType) && parseAccept(accept ?? "").some(({ type }) => type.toLowerCase() === mediaType);
}
