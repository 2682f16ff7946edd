/** What the bridge reports: one JSON object a line, on stderr. */

const SHORT_LENGTH = 300;
/** What may wait for a slow reader of stderr; what comes then is left out. */
const MAX_WAITING_BYTES = 1024 * 1024;

export type LogFields = Readonly<Record<string, string | number | undefined>>;

let leftOut = 0;

export function log(event: string, fields: LogFields = {}): void {
	if (process.stderr.writableLength > MAX_WAITING_BYTES) {
		leftOut++;
		return;
	}
	if (leftOut > 0) write("log_left_out", { lines: leftOut });
	leftOut = 0;
	write(event, fields);
}

function write(event: string, fields: LogFields): void {
	process.stderr.write(`${JSON.stringify({ event, ...fields })}\n`);
}

/** From here on, what is written to stdout or stderr after their reader has gone is lost, and no error. */
export function ignoreClosedOutput(): void {
	for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}

/** @returns the start of a text that may be megabytes long */
export function shorten(text: string, length = SHORT_LENGTH): string {
	return text.length <= length ? text : `${text.slice(0, length)}… (${text.length} characters)`;
}

export function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
