/** Maps the OAuth library's errors to the kinds of upstream failures. */
import * as oauth from "oauth4webapi";
import { UpstreamError, type UpstreamFailure } from "./provider.ts";

/** Errors of authorization and token endpoints: RFC 6749, OpenID Connect Core 3.1.2.6, and those of providers. */
const FAILURES: Readonly<Record<string, UpstreamFailure>> = {
	access_denied: "declined",
	account_selection_required: "declined",
	consent_required: "declined",
	interaction_required: "declined",
	login_required: "declined",
	// Auth0: a rule refuses this user.
	unauthorized: "declined",
	temporarily_unavailable: "unavailable",
	server_error: "unavailable",
	redirect_uri_mismatch: "wrong_callback",
	bad_redirect_uri: "wrong_callback",
	invalid_client: "wrong_client",
	unauthorized_client: "wrong_client",
	// GitHub
	application_suspended: "wrong_client",
	incorrect_client_credentials: "wrong_client",
	// Slack
	invalid_client_id: "wrong_client",
	bad_client_secret: "wrong_client",
	invalid_request: "refused",
	invalid_scope: "refused",
	unsupported_grant_type: "refused",
	unsupported_response_type: "refused",
};

/**
 * Runs a function, and turns every error into one of the kinds that the rest of the server tells apart.
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
			const reason = FAILURES[error.error] ?? "refused";
			throw new UpstreamError(reason, `${name} answered the sign-in with ${error.error}`, { cause: error });
		}
		if (error instanceof oauth.ResponseBodyError) {
			const isDead = error.error === "invalid_grant" || deadGrantErrors.includes(error.error);
			const why = [error.error, error.error_description].filter(Boolean).join(": ");
			const reason = isDead ? "dead_grant" : (FAILURES[error.error] ?? "unavailable");
			throw new UpstreamError(reason, `${name} refused with ${why}`, { cause: error });
		}
		if (error instanceof oauth.WWWAuthenticateChallengeError) {
			// RFC 6749 section 5.2: the response if the client authenticated with the Authorization header.
			const reason = error.cause.some(({ scheme }) => scheme === "basic") ? "wrong_client" : "unavailable";
			throw new UpstreamError(reason, `${name} refused with status ${error.status}`, { cause: error });
		}
		throw new UpstreamError("malformed", `${name}: ${error instanceof Error ? error.message : "unknown failure"}`, {
			cause: error,
		});
	}
}
