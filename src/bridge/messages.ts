/** What counts as a JSON-RPC message of a child. */

/** The same limits as for messages of clients. */
const MAX_BATCH = 100;
const MAX_ID_LENGTH = 256;

export type Message = {
	readonly id?: unknown;
	readonly method?: unknown;
	readonly result?: unknown;
	readonly error?: unknown;
};

/** @returns the text of each message in a line: of one, or of those in a batch; undefined if the line is anything else */
export function messagesIn(line: string): string[] | undefined {
	const message = parse(line);
	const messages: unknown[] = Array.isArray(message) ? message : [message];
	if (messages.length === 0 || messages.length > MAX_BATCH || !messages.every(isMessage)) return undefined;
	return Array.isArray(message) ? messages.map((one) => JSON.stringify(one)) : [line];
}

function isMessage(value: unknown): boolean {
	const { jsonrpc, id, method } = Object(value);
	if (jsonrpc !== "2.0") return false;
	if (method !== undefined) return typeof method === "string" && (id === undefined || isId(id));
	return isId(id) && ("result" in Object(value) || "error" in Object(value));
}

export function isId(id: unknown): id is string | number {
	return typeof id === "number" || (typeof id === "string" && id.length <= MAX_ID_LENGTH);
}

function parse(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return undefined;
	}
}
