/** Claims of access tokens that are JWTs, checked against the provider's published keys. */
import { createRemoteJWKSet, customFetch, type JWTVerifyOptions, jwtVerify } from "jose";
import { CLOCK_TOLERANCE_SECONDS, UpstreamError } from "./provider.ts";
import { upstreamFetch } from "./upstream-fetch.ts";

/**
 * @param jwksUrl the address of the provider's keys (RFC 7517)
 * @param expected the token's issuer, if the provider documents it
 * @returns a function that reads the claims of an access token; it throws UpstreamError if the signature or a claim is
 *   wrong
 */
export function accessTokenReader(
	jwksUrl: string,
	expected: Pick<JWTVerifyOptions, "issuer"> = {},
): (accessToken: string) => Promise<Record<string, unknown>> {
	const keys = createRemoteJWKSet(new URL(jwksUrl), { [customFetch]: upstreamFetch });
	return async (accessToken) => {
		try {
			const { payload } = await jwtVerify(accessToken, keys, { ...expected, clockTolerance: CLOCK_TOLERANCE_SECONDS });
			return payload;
		} catch (cause) {
			if (cause instanceof UpstreamError) throw cause;
			throw new UpstreamError("malformed", "The access token's claims could not be verified", { cause });
		}
	};
}
