/** The home page for programs (`Accept: application/json`): where the endpoints are, and how people sign in. */
import type { Settings } from "../auth/settings.ts";
import { isBuiltInSignInOffered } from "../identity/local.ts";
import type { Offer } from "../mcp/define/extra.ts";
import type { ServerInfo } from "../mcp/define/server.ts";

export type Summary = {
	readonly name: string;
	readonly title: string;
	readonly mcp: string;
	readonly sse: string;
	/** Other MCP servers here. */
	readonly others: readonly { readonly title: string; readonly url: string; readonly command?: string | undefined }[];
	/** The names of the identity providers, as people are offered them. */
	readonly sign_in: "built-in" | readonly string[];
	/** What to register at the identity providers. */
	readonly callback: string;
};

export function summaryOf(
	{ name, title }: ServerInfo,
	offers: readonly (Offer & { readonly path: string })[],
	config: Settings,
	origin: string,
): Summary {
	return {
		name,
		title,
		mcp: `${origin}/mcp`,
		sse: `${origin}/sse`,
		others: offers.map(({ title, command, path }) => ({ title, url: origin + path, command })),
		sign_in: isBuiltInSignInOffered(config, origin) ? "built-in" : config.identityProviders.map(({ title }) => title),
		callback: `${origin}/callback`,
	};
}
