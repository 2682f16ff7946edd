/** Rate limits: by address for unauthenticated requests, by user for calls and streams. */
import { logError } from "../errors.ts";
import { within } from "../within.ts";
import { isLoopbackUrl } from "./loopback.ts";
import { currentRequestId } from "./request-id.ts";

/** Counts requests by key: a rate limit binding of Workers, which counts separately at each Cloudflare location. */
export type Limiter = Pick<RateLimit, "limit">;

/** The longest period of a rate limit. */
export const LIMIT_RETRY_SECONDS = 60;

/** A rate limit usually answers within a millisecond. */
const LIMITER_SECONDS = 1;

/** The kinds of requests. Each kind is counted separately. */
export type ByAddress = "registration" | "authorization" | "bad-token" | "visit";
type ByUser = "call" | "stream";

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

/** Whether a request exceeds the limit of its network. There is no limit on loopback hosts. */
export function isAddressBeyond(limiter: Limiter | undefined, request: Request, what: ByAddress): Promise<boolean> {
	const network = networkOf(request.headers.get("CF-Connecting-IP") ?? "");
	return isBeyond(limiter, request, `${what}:${network}`);
}

/** Whether a user exceeds their limit. There is no limit on loopback hosts. */
export function isUserBeyond(
	limiter: Limiter | undefined,
	request: Request,
	what: ByUser,
	userId: string,
): Promise<boolean> {
	return isBeyond(limiter, request, `${what}:${userId}`);
}

/**
 * A rate limit that does not answer limits nothing: it protects against abuse, and must not lock users out.
 *
 * @param limiter undefined if the binding was removed, as a fork may
 */
async function isBeyond(limiter: Limiter | undefined, request: Request, key: string): Promise<boolean> {
	if (!limiter || isLoopbackUrl(request.url)) return false;
	try {
		return !(await within(LIMITER_SECONDS, "A rate limit", limiter.limit({ key }))).success;
	} catch (error) {
		logError("limit_unavailable", error, currentRequestId());
		return false;
	}
}
