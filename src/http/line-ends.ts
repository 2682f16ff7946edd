/**
 * Several MCP hosts read U+2028, U+2029 and U+0085 in an event stream as line ends, as JavaScript and Python once did,
 * and lose the rest of the message. JSON allows them to be escaped, so this server escapes them in every event stream.
 */
import { Buffer } from "node:buffer";

/** Bytes of UTF-8, one character each. */
const ESCAPES: Record<string, string> = {
	"\xe2\x80\xa8": "\\u2028",
	"\xe2\x80\xa9": "\\u2029",
	"\xc2\x85": "\\u0085",
};
const LINE_END = /\xe2\x80[\xa8\xa9]|\xc2\x85/g;
/** The start of a line end that may continue in the next chunk. */
const BEGUN = /(?:\xe2\x80?|\xc2)$/;

/** Escapes line ends in a JSON text. Those of ASCII are only whitespace there, but end a line of an event stream. */
export function escapeLineEndsIn(json: string): string {
	return json.replace(/[\r\n\u2028\u2029\u0085]/g, (found) =>
		found === "\r" || found === "\n" ? " " : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}

/** Escapes line ends in an event stream of another component. Any other response is returned unchanged. */
export function escapeLineEnds(response: Response): Response {
	const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
	if (!isStream || !response.body) return response;
	const reader = response.body.getReader();
	let begun = "";
	const source: UnderlyingSource<Uint8Array> = {
		async pull(controller) {
			for (;;) {
				const { done, value } = await reader.read();
				if (done) {
					if (begun !== "") controller.enqueue(Buffer.from(begun, "latin1"));
					return controller.close();
				}
				const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
				const joined = begun + text;
				begun = BEGUN.exec(joined.slice(-2))?.[0] ?? "";
				const whole = begun === "" ? joined : joined.slice(0, -begun.length);
				const escaped = whole.replace(LINE_END, (found) => ESCAPES[found] ?? found);
				if (escaped === "") continue;
				return controller.enqueue(escaped === text ? value : Buffer.from(escaped, "latin1"));
			}
		},
		cancel: (reason) => reader.cancel(reason),
	};
	// Nothing is read ahead of the client: the code that makes the stream limits what a slow client leaves unread.
	return new Response(new ReadableStream(source, { highWaterMark: 0 }), response);
}
