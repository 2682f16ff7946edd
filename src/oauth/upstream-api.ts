/** Lets tools call the API of the user's identity provider, and other APIs that accept its tokens, as the user. */
import type { Principal } from "../auth/principal.ts";
import { logError, UserError } from "../errors.ts";
import { UpstreamError } from "../identity/provider.ts";
import type { Upstream, UpstreamApi } from "../mcp/define/upstream.ts";
import { fetchWithin } from "./fetch-within.ts";
import { grantsOf } from "./grants.ts";
import { readSignInSettings } from "./settings.ts";

/**
 * @param ownApis the addresses of the developer's own APIs, by name
 * @returns undefined if the user has no upstream token, or no API accepts it
 */
export function upstreamOf(
	principal: Principal,
	env: Env,
	ownApis: Readonly<Record<string, string>>,
): Upstream | undefined {
	const provider = readSignInSettings(env).identityProviders.find(({ name }) => name === principal.user.provider);
	const { upstreamToken: token, grantId, user, origin, requestId, traceparent, tracestate } = principal;
	if (!provider || token === undefined) return undefined;
	const { name, title, apiUrl, userPath } = provider;
	const apis = Object.entries(ownApis);
	if (!apiUrl && apis.length === 0) return undefined;
	const headers = {
		Authorization: `Bearer ${token}`,
		...(traceparent !== undefined && { traceparent }),
		...(tracestate !== undefined && { tracestate }),
	};
	const ask = (at: UpstreamAddress, path: string, init?: RequestInit) => askApi(at, path, init, { headers, requestId });
	return {
		name,
		title,
		userPath,
		async fetch(path, init) {
			if (!apiUrl) throw new UserError(`${title} has no API for its users.`);
			const response = await ask({ title, url: apiUrl }, path, init);
			if (response.status !== 401) return response;
			await response.body?.cancel();
			if (!(await grantsOf(env, user.id).upstreamRefused({ origin, userId: user.id, grantId, token, requestId }))) {
				throw new UserError("Your app used a token that has been replaced since. Try again.");
			}
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

/** The headers that only the API gets. */
type Asking = { readonly headers: Readonly<Record<string, string>>; readonly requestId: string };

async function askApi(
	api: UpstreamAddress,
	path: string,
	init: RequestInit | undefined,
	{ headers, requestId }: Asking,
): Promise<Response> {
	const url = new URL(URL.canParse(path) ? path : api.url + path);
	if (url.origin !== new URL(api.url).origin) {
		// This sentence is for the developer of the tool. It contains no secret.
		const sentence = `${url.origin} is not the API of ${api.title}: the token stays here. Name your own APIs in \`identityProviders({ apis })\` of src/server.ts.`;
		throw new UserError(sentence);
	}
	return fetchWithin(url, init ?? {}, headers).catch((error: unknown) => {
		if (!(error instanceof UpstreamError)) throw error;
		logError("upstream_api_failed", error, requestId);
		throw new UserError(`${api.title} does not answer at the moment. Try again in a minute.`);
	});
}
