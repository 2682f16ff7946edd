/** Follows an API's redirects, so that a token and a trace never leave the API. */
import { upstreamFetch } from "../identity/upstream-fetch.ts";

/** RFC 9110, section 15.4. */
const REDIRECTS = [301, 302, 303, 307, 308];
/** As many as browsers follow (Fetch standard, HTTP-redirect fetch). */
const MAX_REDIRECTS = 20;

/**
 * Like `fetch`, but with headers that only the origin of this URL gets. A request that a redirect sends elsewhere goes on
 * without them.
 *
 * @throws UpstreamError as `upstreamFetch` does
 */
export async function fetchWithin(
	url: URL,
	init: RequestInit,
	own: Readonly<Record<string, string>>,
	left = MAX_REDIRECTS,
): Promise<Response> {
	const { redirect = "follow" } = init;
	const headers = new Headers(init.headers);
	for (const [name, value] of Object.entries(own)) headers.set(name, value);
	const isFollowing = redirect === "follow";
	const response = await upstreamFetch(url, { ...init, headers, redirect: isFollowing ? "manual" : redirect });
	const location = response.headers.get("Location");
	if (!isFollowing || location === null || !URL.canParse(location, url.href)) return response;
	if (!REDIRECTS.includes(response.status) || left === 0) return response;
	await response.body?.cancel();
	const target = new URL(location, url);
	const { status } = response;
	const isReplaced = status === 303 || (status < 303 && init.method?.toUpperCase() === "POST");
	const next: RequestInit = isReplaced ? { ...init, method: "GET", body: null } : init;
	if (target.origin === url.origin) return fetchWithin(target, next, own, left - 1);
	const bare = new Headers(next.headers);
	bare.delete("Authorization");
	return upstreamFetch(target, { ...next, headers: bare });
}
