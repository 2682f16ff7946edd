/** The few typed errors, and the one way an unexpected error is logged. */

/** A refusal or failure that a tool explains to the model: the message is shown as it is, so it holds no secret. */
export class UserError extends Error {
	readonly code = "user_error";
}

/** The server's own settings are wrong. `problems` are sentences that name settings, never their values. */
export class ConfigError extends Error {
	readonly code = "config_error";
	readonly problems: readonly string[];

	constructor(problems: readonly string[]) {
		super(problems.join(" "));
		this.problems = problems;
	}
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
