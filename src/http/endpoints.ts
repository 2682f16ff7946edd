/** The list of endpoints, from which routes, metadata and pages are made. */

/** The path of an endpoint. The id of a session is valid only at the endpoint that issued it. */
export type Endpoint = `${"" | `/${string}`}/${"mcp" | "sse"}`;

export type WithExtras = { readonly extras: readonly { readonly prefix: `/${string}` }[] };

/** The paths of all MCP endpoints: the server's own, and those of each extra. */
export function endpointsOf({ extras }: WithExtras): readonly Endpoint[] {
	const prefixes = ["", ...extras.map(({ prefix }) => prefix)] as const;
	return prefixes.flatMap((prefix): Endpoint[] => [`${prefix}/mcp`, `${prefix}/sse`]);
}

/**
 * The resources that tokens are issued for. Strict clients require metadata that names exactly the URL that they were
 * given. So each endpoint is a resource, and so is its URL with a trailing slash, which accepts the same tokens.
 */
export function resourcePathsOf(server: WithExtras): readonly string[] {
	return endpointsOf(server).flatMap((path) => [path, `${path}/`]);
}
