/** Which hosts are loopback hosts. */

/** The loopback addresses of RFC 8252 section 7.3, and `localhost`: the same as in the OAuth wrapper. */
export function isLoopbackHost(hostname: string): boolean {
	return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

export function isLoopbackUrl(url: string | URL): boolean {
	return isLoopbackHost((typeof url === "string" ? new URL(url) : url).hostname);
}
