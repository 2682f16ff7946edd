/** What an authorization request must not have, though the OAuth wrapper would let it pass. */

/** An error code and its description, for the redirect back to the client. */
export type Fault = readonly [code: string, description: string];

/** RFC 7636 section 4.2: the challenge of method S256 is a SHA-256 in base64url. */
const CHALLENGE = /^[\w-]{43}$/;
/** `resource` may be repeated (RFC 8707 section 2). */
const REPEATABLE = ["resource"];

/** The parameters that occur more than once, and must not (RFC 6749 section 3.1). */
export function repeatedParameters(parameters: URLSearchParams): string[] {
	const names = [...new Set(parameters.keys())].filter((name) => !REPEATABLE.includes(name));
	return names.filter((name) => parameters.getAll(name).length > 1);
}

/** @returns undefined for a request that can be answered */
export function faultOf(parameters: URLSearchParams): Fault | undefined {
	const [repeated] = repeatedParameters(parameters);
	if (repeated !== undefined) return ["invalid_request", `The parameter ${repeated} must not be repeated`];
	// OpenID Connect Core 1.0, section 6, and RFC 9101.
	if (parameters.has("request")) return ["request_not_supported", "Request objects are not supported"];
	if (parameters.has("request_uri")) return ["request_uri_not_supported", "Request URIs are not supported"];
	const mode = parameters.get("response_mode");
	if (mode !== null && mode !== "query") return ["invalid_request", "The only response mode is query"];
	// OpenID Connect Core 1.0, section 3.1.2.1.
	const prompts = parameters.get("prompt")?.split(" ") ?? [];
	if (prompts.includes("none")) {
		return prompts.length === 1
			? ["interaction_required", "The user has to be asked"]
			: ["invalid_request", "The prompt none must be alone"];
	}
	const challenge = parameters.get("code_challenge");
	if (challenge !== null && !CHALLENGE.test(challenge)) {
		return ["invalid_request", "code_challenge must be a SHA-256 in base64url, without padding"];
	}
	return undefined;
}
