/** Any stdio MCP server as an extra, behind the same sign-in. */
import type { Extra } from "../mcp/define/extra.ts";
import { answerer, PERMISSION, SCOPE } from "./answerer.ts";
import { stdioObjectOf } from "./object.ts";
import { readStdioSettings } from "./settings.ts";

const isOn = (env: Env) => readStdioSettings(env).place !== undefined;

/** An extra at `/stdio/mcp` and `/stdio/sse`. STDIO_COMMAND sets the command that it runs. */
export function stdio(): Extra {
	return {
		prefix: "/stdio",
		answerer,
		needsUser: true,
		permissions: {
			[PERMISSION]: {
				title: "May use the stdio server",
				users: "STDIO_ALLOWED_USERS",
				isEveryonesLocally: true,
				isOffered: isOn,
			},
		},
		scopes: {
			[SCOPE]: {
				sentence: (env) => {
					const place = readStdioSettings(env).place === "container" ? "for you in a container" : "on this computer";
					return `Use the stdio MCP server that runs ${place}`;
				},
				command: (env) => readStdioSettings(env).command,
				permission: PERMISSION,
			},
		},
		offer: (env) => (isOn(env) ? { title: "The stdio server", command: readStdioSettings(env).command } : undefined),
		absence:
			"This server runs no stdio MCP server. Its administrator can add one: locally with `npm run start:stdio -- <command>`, on Cloudflare with the setting `STDIO_COMMAND`.",
		problems: (env) => readStdioSettings(env).problems,
		endGrant: (env, userId, grantId) => stdioObjectOf(env, userId).sessions.endGrant(grantId),
	};
}
