/** The few typed errors, and the one way an unexpected error is logged. */

/** A refusal or failure that a tool explains to the model: the message is shown as it is, so it holds no secret. */
export class UserError extends Error {
	readonly code = "user_error";
}

/**
 * Writes an error to the log under the request id that its safe sentence showed outside.
 *
 * @param event what failed, in snake_case, for alerts and searches
 */
export function logError(event: string, error: unknown, requestId: string): void {
	const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
	console.error(JSON.stringify({ event, requestId, cause }));
}

/**
 * Writes to the log what has happened: nothing that went wrong, and nothing that a user would not want to read there.
 *
 * @param event in snake_case, for searches
 */
export function logEvent(event: string, fields: Readonly<Record<string, string | number>>): void {
	console.log(JSON.stringify({ event, ...fields }));
}

/** Writes to the log what an administrator should look at, though the server goes on. */
export function logWarning(event: string, fields: Readonly<Record<string, unknown>>): void {
	console.warn(JSON.stringify({ event, ...fields }));
}
