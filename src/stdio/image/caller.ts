/** Who is calling: the Worker has checked the token, and says so in headers. */

export type Caller = {
	readonly id: string;
	readonly login: string;
	/** The app that asks for them: another one has sessions of its own. */
	readonly clientId: string;
	/** Separated by commas. */
	readonly permissions: string;
};

/** @returns the caller; nothing, if a header is not what the Worker sends */
export function callerOf(headers: Headers): Caller | undefined {
	try {
		const id = decoded(headers, "X-Mcp-User-Id");
		if (id === "") return undefined;
		return {
			id,
			login: decoded(headers, "X-Mcp-User-Login"),
			clientId: decoded(headers, "X-Mcp-Client-Id"),
			permissions: decoded(headers, "X-Mcp-User-Permissions"),
		};
	} catch {
		return undefined;
	}
}

function decoded(headers: Headers, name: string): string {
	const value = decodeURIComponent(headers.get(name) ?? "");
	// These cannot stand in an environment variable, or break the lines of whoever prints it.
	if ([...value].some((character) => character < " ")) throw new Error(`${name} has a control character`);
	return value;
}
