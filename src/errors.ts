/** The error that tools throw on purpose, and the functions that write to the log. */

/** A refusal or failure that a tool explains to the model. The message is shown as it is, so it must hold no secret. */
export class UserError extends Error {
	readonly code = "user_error";
}

/** How long a client should wait if something that the server depends on does not answer. */
export const RETRY_AFTER_SECONDS = 30;

/** Something that the server depends on does not answer at the moment. Nothing is lost: the client can try again. */
export class UnavailableError extends UserError {}

/**
 * Writes an error to the log, under the request id that the error text shows to the user.
 *
 * @param event what failed, in snake_case, for alerts and searches
 */
export function logError(event: string, error: unknown, requestId: string): void {
	const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
	console.error(toLine({ event, requestId, cause }));
}

/**
 * Writes an ordinary event to the log. It is not for errors, and must hold nothing private.
 *
 * @param event in snake_case, for searches
 */
export function logEvent(event: string, fields: Readonly<Record<string, string | number | undefined>>): void {
	console.log(toLine({ event, ...fields }));
}

/** Writes to the log what an administrator should look at, though the server goes on. */
export function logWarning(event: string, fields: Readonly<Record<string, unknown>>): void {
	console.warn(toLine({ event, ...fields }));
}

/** Characters that JSON may hold as they are, and that a terminal obeys, or that change what a reader of the log sees. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** One line of JSON. A client's text, such as the name of a tool, cannot end it. */
function toLine(fields: object): string {
	return JSON.stringify(fields).replace(UNSEEN, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
