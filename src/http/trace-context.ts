/** The W3C trace context of a request, by which its log lines are found from a trace that a client began. */

/** W3C Trace Context, section 3.2: version, trace id, id of the caller's span, flags. A later version may add more. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?=$|-)/;

/**
 * @param value the header `traceparent`, or `_meta.traceparent` of a message
 * @returns it, as version 00 has it; undefined if it is not one
 */
export function traceparentOf(value: unknown): string | undefined {
	const [found] = (typeof value === "string" && TRACEPARENT.exec(value)) || [];
	if (found === undefined || (found !== value && found.startsWith("00"))) return undefined;
	return `00${found.slice(2)}`;
}

/** The trace that a valid `traceparent` names. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
	return traceparent?.slice(3, 35);
}
