/** The environment of a child. The bridge's own may hold secrets that are none of a child's business. */
import type { Opening } from "./contract.ts";

export type Variables = Record<string, string | undefined>;

const PASSED_ON = /^(PATH|HOME|LANG|LANGUAGE|LC_\w+)$/;
const PREFIX = "STDIO_ENV_";

/**
 * What a child gets, and nothing else:
 *
 * - `PATH`, `HOME` and the locale of the bridge
 * - what stands in the bridge's environment as `STDIO_ENV_<NAME>`, as `<NAME>`: an API key, for instance
 * - who is calling: `MCP_USER_ID`, `MCP_USER_LOGIN`, `MCP_USER_PERMISSIONS`
 */
export function childEnvironment(own: Variables, { id, login, permissions }: Opening["user"]): Variables {
	const env: Variables = {};
	for (const [name, value] of Object.entries(own)) {
		if (PASSED_ON.test(name)) env[name] = value;
	}
	// Last, so that a child can be given another PATH.
	for (const [name, value] of Object.entries(own)) {
		if (name.startsWith(PREFIX) && name !== PREFIX) env[name.slice(PREFIX.length)] = value;
	}
	return { ...env, MCP_USER_ID: id, MCP_USER_LOGIN: login, MCP_USER_PERMISSIONS: permissions };
}
