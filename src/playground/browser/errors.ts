/** What went wrong, as a sentence for the user. */
import { OAuthError, UnauthorizedError } from "@modelcontextprotocol/client";

/** The server is there, but cannot answer for now. */
export class UnavailableError extends Error {
	constructor(status: number) {
		super(
			status === 429
				? "The server has too many requests from you for now. Try again in a minute."
				: `The server cannot answer for now (status ${status}). Try again in a minute.`,
		);
	}

	static isStatus(status: number): boolean {
		return status === 429 || status >= 500;
	}
}

export function sentenceOf(error: unknown): string {
	if (OAuthError.isInstance(error) && error.code === "access_denied") return "The access was denied.";
	// The access has not ended: the page asks whether it has before it asks for a sentence.
	if (UnauthorizedError.isInstance(error)) return "Your access could not be renewed for now. Try again in a minute.";
	// What `fetch` throws has words of the browser.
	if (error instanceof TypeError) return "The server could not be reached. Check your connection, then try again.";
	return error instanceof Error ? error.message : String(error);
}
