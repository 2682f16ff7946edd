/** The log of the bridge: one JSON object per line, on stderr. */

/** The limit of unread output if the reader of stderr is slow. Lines beyond it are dropped. */
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

/** Ignores errors of stdout and stderr, so that writes after their reader has exited are lost without an error. */
export function ignoreClosedOutput(): void {
	for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}

export function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
