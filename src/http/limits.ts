/** Rate limits for each client address. */

/** Counts requests by key: a rate limit binding of Workers, which counts separately at each Cloudflare location. */
export type Limiter = Pick<RateLimit, "limit">;

/** The longest period of a rate limit. */
export const LIMIT_RETRY_SECONDS = 60;

/** The groups of a /64 network. A customer of an internet provider gets at least one such network. */
const NETWORK_GROUPS = 4;

/**
 * The network whose requests count together: for IPv4 the client's address, for IPv6 its /64.
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

/** Whether a request exceeds the rate limit of its network. */
export async function isBeyond(limiter: Limiter, request: Request): Promise<boolean> {
	const { success } = await limiter.limit({ key: networkOf(request.headers.get("CF-Connecting-IP") ?? "") });
	return !success;
}
