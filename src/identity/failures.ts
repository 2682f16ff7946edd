/** What the failures of the OAuth library mean. */
import * as oauth from "oauth4webapi";
import { UpstreamError, type UpstreamFailure } from "./provider.ts";

/** Errors of RFC 6749 section 4.1.2.1 that are not the person's decision. */
const AUTHORIZATION_FAILURES: Readonly<Record<string, UpstreamFailure>> = {
	temporarily_unavailable: "unavailable",
	server_error: "unavailable",
	invalid_request: "malformed",
	invalid_scope: "malformed",
	unauthorized_client: "malformed",
	unsupported_response_type: "malformed",
};

/**
 * Turns whatever went wrong into one of the few kinds that the rest of the server tells apart.
 *
 * @throws UpstreamError and nothing else
 */
export async function explain<T>(
	{ name, deadGrantErrors = [] }: { readonly name: string; readonly deadGrantErrors?: readonly string[] },
	run: () => Promise<T>,
): Promise<T> {
	try {
		return await run();
	} catch (error) {
		if (error instanceof UpstreamError) throw error;
		if (error instanceof oauth.AuthorizationResponseError) {
			const reason = AUTHORIZATION_FAILURES[error.error] ?? "declined";
			throw new UpstreamError(reason, `${name} answered the sign-in with ${error.error}`, { cause: error });
		}
		if (error instanceof oauth.ResponseBodyError) {
			const isDead = error.error === "invalid_grant" || deadGrantErrors.includes(error.error);
			const why = [error.error, error.error_description].filter(Boolean).join(": ");
			throw new UpstreamError(isDead ? "dead_grant" : "unavailable", `${name} refused with ${why}`, {
				cause: error,
			});
		}
		if (error instanceof oauth.WWWAuthenticateChallengeError) {
			throw new UpstreamError("unavailable", `${name} refused with status ${error.status}`, { cause: error });
		}
		throw new UpstreamError("malformed", `${name}: ${error instanceof Error ? error.message : "unknown failure"}`, {
			cause: error,
		});
	}
}
