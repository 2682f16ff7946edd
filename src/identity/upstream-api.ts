/** What a tool may do at the user's identity provider, in the user's name. */

import type { Principal } from "../auth/principal.ts";
import { readConfig } from "../config.ts";
import { logError, UserError } from "../errors.ts";
import { authorizationServer } from "../oauth/authorization-server.ts";
import { isReplacedToken } from "../oauth/current-token.ts";
import { noticingEnds } from "../oauth/grant-end.ts";
import { UpstreamError } from "./provider.ts";
import { upstreamFetch } from "./upstream-fetch.ts";

export type Upstream = {
	/** The provider's name and title, such as `github` and `GitHub`. */
	readonly name: string;
	readonly title: string;
	/** Where the provider's API says who the user is; undefined if it has no such place. */
	readonly userPath: string | undefined;
	/**
	 * A request to the provider's API with the user's token, which goes nowhere else.
	 *
	 * @param path a path below the API's base address, such as `/user`, or a whole address on its origin
	 * @throws UserError if the user's access has ended (their grant here ends with it), or the provider does not answer
	 */
	fetch(path: string, init?: RequestInit): Promise<Response>;
};

/** @returns undefined for users of the built-in sign-in, and of providers without an API for their users */
export function upstreamOf(principal: Principal, env: Env): Upstream | undefined {
	const provider = readConfig(env).identityProviders.find(({ name }) => name === principal.user.provider);
	const { upstreamToken } = principal;
	if (!provider?.apiUrl || upstreamToken === undefined) return undefined;
	const { name, title, apiUrl, userPath } = provider;
	return {
		name,
		title,
		userPath,
		async fetch(path, init = {}) {
			const url = new URL(URL.canParse(path) ? path : apiUrl + path);
			if (url.origin !== new URL(apiUrl).origin) {
				throw new Error(`${url.origin} is not the API of ${name}: the token stays here`);
			}
			const headers = new Headers(init.headers);
			headers.set("Authorization", `Bearer ${upstreamToken}`);
			const response = await upstreamFetch(url, { ...init, headers }).catch((error: unknown) => {
				if (!(error instanceof UpstreamError)) throw error;
				logError("upstream_api_failed", error, principal.requestId);
				throw new UserError(`${title} does not answer at the moment. Try again in a minute.`);
			});
			if (response.status !== 401) return response;
			await response.body?.cancel();
			if (await isReplacedToken(env, principal.grantId, upstreamToken)) {
				throw new UserError("Your app used a token that has been replaced since. Try again.");
			}
			await authorizationServer(principal.origin, env)
				.getOAuthApi(noticingEnds(env))
				.revokeGrant(principal.grantId, principal.user.id);
			throw new UserError(`Your access at ${title} has ended. Sign in again: reconnect this server in your app.`);
		},
	};
}
