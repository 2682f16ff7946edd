/** What a tool may do at the user's identity provider, and at the APIs that take its tokens, in the user's name. */
import type { Principal } from "../auth/principal.ts";
import { readSettings } from "../auth/settings.ts";
import { logError, UserError } from "../errors.ts";
import type { Server } from "../mcp/define/server.ts";
import { authorizationServer } from "../oauth/authorization-server.ts";
import { isReplacedToken } from "../oauth/current-token.ts";
import { noticingEnds } from "../oauth/grant-end.ts";
import { UpstreamError } from "./provider.ts";
import { upstreamFetch } from "./upstream-fetch.ts";

/** An API that takes the user's token. */
export type UpstreamApi = {
	/**
	 * A request with the user's token, which goes nowhere else.
	 *
	 * @param path a path below the API's base address, such as `/user`, or a whole address on its origin
	 * @throws UserError if the API does not answer, or the address is not on its origin
	 */
	fetch(path: string, init?: RequestInit): Promise<Response>;
};

/**
 * The provider, and its own API: when that refuses the user's token, access has ended, and so does the grant here, with
 * a UserError. By name beside it, the APIs that `apis` in `src/server.ts` names; what they answer is the tool's to read.
 */
export type Upstream<Apis extends string = never> = UpstreamApi & {
	/** The provider's name and title, such as `github` and `GitHub`. */
	readonly name: string;
	readonly title: string;
	/** Where the provider's API says who the user is; undefined if it has no such place. */
	readonly userPath: string | undefined;
} & { readonly [Name in Apis]: UpstreamApi };

/** @returns undefined for users of the built-in sign-in, and where there is no API that takes their token */
export function upstreamOf(principal: Principal, server: Server, env: Env): Upstream | undefined {
	const provider = readSettings(env).identityProviders.find(({ name }) => name === principal.user.provider);
	const { upstreamToken: token, grantId, user, origin, requestId } = principal;
	if (!provider || token === undefined) return undefined;
	const { name, title, apiUrl, userPath } = provider;
	const apis = Object.entries(server.apis);
	if (!apiUrl && apis.length === 0) return undefined;
	const ask = (at: UpstreamAddress, path: string, init?: RequestInit) => askApi(at, path, init, { token, requestId });
	return {
		name,
		title,
		userPath,
		async fetch(path, init) {
			if (!apiUrl) throw new UserError(`${title} has no API for its users.`);
			const response = await ask({ title, url: apiUrl }, path, init);
			if (response.status !== 401) return response;
			await response.body?.cancel();
			if (await isReplacedToken(env, grantId, token)) {
				throw new UserError("Your app used a token that has been replaced since. Try again.");
			}
			await authorizationServer(server, origin, env)
				.getOAuthApi(noticingEnds(server, env))
				.revokeGrant(grantId, user.id);
			throw new UserError(`Your access at ${title} has ended. Sign in again: reconnect this server in your app.`);
		},
		...Object.fromEntries(
			apis.map(([api, url]): [string, UpstreamApi] => [
				api,
				{ fetch: (path, init) => ask({ title: api, url }, path, init) },
			]),
		),
	};
}

type UpstreamAddress = { readonly title: string; readonly url: string };

async function askApi(
	api: UpstreamAddress,
	path: string,
	init: RequestInit | undefined,
	{ token, requestId }: { readonly token: string; readonly requestId: string },
): Promise<Response> {
	const url = new URL(URL.canParse(path) ? path : api.url + path);
	if (url.origin !== new URL(api.url).origin) {
		// For the developer of the tool: nothing in it is secret.
		const sentence = `${url.origin} is not the API of ${api.title}: the token stays here. Name your own APIs in \`apis\` of src/server.ts.`;
		throw new UserError(sentence);
	}
	const headers = new Headers(init?.headers);
	headers.set("Authorization", `Bearer ${token}`);
	return upstreamFetch(url, { ...init, headers }).catch((error: unknown) => {
		if (!(error instanceof UpstreamError)) throw error;
		logError("upstream_api_failed", error, requestId);
		throw new UserError(`${api.title} does not answer at the moment. Try again in a minute.`);
	});
}
