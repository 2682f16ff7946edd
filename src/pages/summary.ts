/** The home page for programs (`Accept: application/json`): where the endpoints are, and how people sign in. */
import type { Config } from "../config.ts";
import { isBuiltInSignInOffered } from "../identity/local.ts";

export type Summary = {
	readonly mcp: string;
	readonly sse: string;
	/** The stdio MCP server, if there is one. */
	readonly stdio?: string;
	/** What people may see of its command. */
	readonly stdio_command?: string;
	/** The names of the identity providers, as people are offered them. */
	readonly sign_in: "built-in" | readonly string[];
	/** What to register at the identity providers. */
	readonly callback: string;
};

export function summaryOf(config: Config, origin: string): Summary {
	return {
		mcp: `${origin}/mcp`,
		sse: `${origin}/sse`,
		...(config.stdio !== undefined && { stdio: `${origin}/stdio/mcp` }),
		...(config.stdio !== undefined && config.stdioCommand !== undefined && { stdio_command: config.stdioCommand }),
		sign_in: isBuiltInSignInOffered(config, origin) ? "built-in" : config.identityProviders.map(({ title }) => title),
		callback: `${origin}/callback`,
	};
}
