/** How often one address may ask. */

/** Counts what is asked under a key: a rate limit binding of Workers, which counts at each of Cloudflare's locations. */
export type Limiter = Pick<RateLimit, "limit">;

/** As long as the longest period of a rate limit. */
export const LIMIT_RETRY_SECONDS = 60;

/** Nobody has fewer addresses of IPv6 than these. */
const NETWORK_GROUPS = 4;

/**
 * Whose requests count together: the address that a request comes from, of IPv6 its /64.
 *
 * @example
 * networkOf("2001:db8::1"); // "2001:db8:0:0"
 */
export function networkOf(address: string): string {
	const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
	if (mapped !== undefined || !address.includes(":")) return mapped ?? address;
	const [head = "", tail] = address.split("::");
	const groups = head.split(":").filter((group) => group !== "");
	if (tail !== undefined) {
		const rest = tail.split(":").filter((group) => group !== "");
		groups.push(...Array.from({ length: 8 - groups.length - rest.length }, () => "0"), ...rest);
	}
	return groups.slice(0, NETWORK_GROUPS).join(":");
}

/** Whether a request is one too many of its address. */
export async function isBeyond(limiter: Limiter, request: Request): Promise<boolean> {
	const { success } = await limiter.limit({ key: networkOf(request.headers.get("CF-Connecting-IP") ?? "") });
	return !success;
}
