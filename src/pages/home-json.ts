/** The home page for programs (`Accept: application/json`): the endpoints, and how users sign in. */
import type { WayInDescription } from "../mcp/definition.ts";
import type { Home } from "./home-content.ts";

export type HomeJson = {
	readonly name: string;
	readonly title: string;
	readonly mcp: string;
	readonly sse: string;
	/** The other MCP servers at this origin. */
	readonly others: readonly { readonly title: string; readonly url: string; readonly command?: string | undefined }[];
	/** Pages in which users call tools, without a client of their own. */
	readonly try_it: readonly { readonly title: string; readonly url: string }[];
	readonly sign_in: WayInDescription["way"];
	/** The callback URL to register at the identity providers. */
	readonly callback?: string;
	/** If every user of an identity provider may sign in, a sentence for each provider that says so. */
	readonly open_to?: readonly string[];
	/** A sentence for each identity provider whose users none of the settings can let in. */
	readonly shut_out?: readonly string[];
};

export function homeJson({ origin, url, server, offers, signIn }: Home): HomeJson {
	const { name, title } = server.info;
	const { way, callback, openTo = [], shutOut = [] } = signIn;
	return {
		name,
		title,
		mcp: url,
		sse: `${origin}/sse`,
		others: offers.map(({ title, command, path }) => ({ title, url: origin + path, command })),
		try_it: server.pages.flatMap(({ isClient, title, path }) => (isClient ? { title, url: origin + path } : [])),
		sign_in: way,
		...(callback !== undefined && { callback }),
		...(openTo.length > 0 && { open_to: openTo }),
		...(shutOut.length > 0 && { shut_out: shutOut }),
	};
}
