/** `/server.json`: this server's entry for the MCP registry (registry schema 2025-12-11). */
import { iconAt } from "../mcp/implementation.ts";
import { type Home, summaryOf } from "./home-content.ts";

const SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";

export function serverJson({ origin, url, server }: Home) {
	const { name, title, version, sourceUrl } = server.info;
	return {
		$schema: SCHEMA,
		name: `${namespaceOf(origin)}/${name}`,
		title,
		description: summaryOf(server.info),
		version,
		websiteUrl: `${origin}/`,
		icons: [iconAt(`${origin}/icon.svg`)],
		...(sourceUrl !== undefined && { repository: repositoryOf(sourceUrl) }),
		remotes: [
			{ type: "streamable-http", url },
			{ type: "sse", url: `${origin}/sse` },
		],
	};
}

/** A host name in reverse, such as `com.example.mcp`. The registry checks that its publisher controls the domain. */
function namespaceOf(origin: string): string {
	return new URL(origin).hostname.replace(/[[\]]/g, "").replaceAll(":", "-").split(".").reverse().join(".");
}

function repositoryOf(url: string) {
	return { url, source: new URL(url).hostname.replace(/\.(com|org)$/, "") };
}
