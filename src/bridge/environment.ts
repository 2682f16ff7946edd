/** The environment of a child. It is not a copy of the bridge's own, which may hold secrets. */
import type { Opening } from "./contract.ts";

export type Variables = Record<string, string | undefined>;

const PASSED_ON = /^(PATH|HOME|LANG|LANGUAGE|LC_\w+)$/;
const PREFIX = "STDIO_ENV_";

/** Whether a child gets this variable of the bridge's own environment. */
export function isPassedOn(name: string): boolean {
	return PASSED_ON.test(name);
}

/**
 * A child gets only these variables:
 *
 * - `PATH`, `HOME` and the locale of the bridge
 * - `STDIO_ENV_<NAME>` of the bridge's environment as `<NAME>`, for example an API key
 * - the user: `MCP_USER_ID`, `MCP_USER_LOGIN`, `MCP_USER_PERMISSIONS`
 */
export function childEnvironment(own: Variables, { id, login, permissions }: Opening["user"]): Variables {
	const env: Variables = {};
	for (const [name, value] of Object.entries(own)) {
		if (isPassedOn(name)) env[name] = value;
	}
	// These come last, so that they can set another PATH.
	for (const [name, value] of Object.entries(own)) {
		if (name.startsWith(PREFIX) && name !== PREFIX) env[name.slice(PREFIX.length)] = value;
	}
	return { ...env, MCP_USER_ID: id, MCP_USER_LOGIN: login, MCP_USER_PERMISSIONS: permissions };
}
