/** The table of the endpoints: routes, metadata and pages follow from it. */

/** Where a session is used; an id of one endpoint is none of another. */
export type Endpoint = `${"" | `/${string}`}/${"mcp" | "sse"}`;

export type WithExtras = { readonly extras: readonly { readonly prefix: `/${string}` }[] };

/** The paths at which MCP clients are served: the server's own, and those of each extra. */
export function endpointsOf({ extras }: WithExtras): readonly Endpoint[] {
	const prefixes = ["", ...extras.map(({ prefix }) => prefix)] as const;
	return prefixes.flatMap((prefix): Endpoint[] => [`${prefix}/mcp`, `${prefix}/sse`]);
}

/**
 * What tokens are for. Strict clients demand metadata that names exactly the URL they were given, so each endpoint is a
 * resource, and each with a slash at the end is another, which takes the same tokens.
 */
export function resourcePathsOf(server: WithExtras): readonly string[] {
	return endpointsOf(server).flatMap((path) => [path, `${path}/`]);
}
