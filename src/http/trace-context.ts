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

/** W3C Trace Context, section 3.3: a key, and a value of printable characters. */
const MEMBER =
	/^[a-z0-9][a-z0-9_\-*/]{0,240}(@[a-z][a-z0-9_\-*/]{0,13})?=[!-+\--<>-~](?:[ -+\--<>-~]{0,254}[!-+\--<>-~])?$/;
const MAX_TRACESTATE_LENGTH = 512;
const MAX_MEMBERS = 32;

/** A trace, as the requests that belong to it name it. */
export type Trace = { readonly traceparent: string; readonly tracestate?: string };

/** The trace of a message's `_meta`; undefined if it names none. A `tracestate` that is long or not valid is left out. */
export function traceOf(meta: Readonly<Record<string, unknown>> | undefined): Trace | undefined {
	const traceparent = traceparentOf(meta?.traceparent);
	const tracestate = meta?.tracestate;
	return traceparent === undefined ? undefined : { traceparent, ...(isTracestate(tracestate) && { tracestate }) };
}

function isTracestate(value: unknown): value is string {
	if (typeof value !== "string" || value.length > MAX_TRACESTATE_LENGTH) return false;
	const members = value.split(",").map((member) => member.trim());
	return members.length <= MAX_MEMBERS && members.every((member) => MEMBER.test(member));
}
