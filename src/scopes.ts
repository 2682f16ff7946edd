/** What a client can be allowed to do: one table for the consent page, the metadata and the tool gate. */

/** What a user may do on this server, from the identity provider's claims or from a setting. */
export const PERMISSIONS = ["image_generation", "stdio"] as const;
export type Permission = (typeof PERMISSIONS)[number];

type ScopeDefinition = {
	/** The consent page's sentence, read by a person: "It may …". */
	readonly sentence: string;
	/** Granted only to users who have this permission; absent: to everyone. */
	readonly permission?: Permission;
	/** Whether it belongs to the stdio MCP server at `/stdio`, and not to the tools of this one. */
	readonly isStdio?: boolean;
};

export const SCOPES = {
	tools: { sentence: "Use this server’s everyday tools, such as adding numbers" },
	identity: { sentence: "See who you are: your name, email address, permissions, and your profile where you sign in" },
	notes: { sentence: "Keep notes for you, read them and delete them" },
	images: { sentence: "Generate images in your name", permission: "image_generation" },
	stdio: { sentence: "Use the stdio MCP server", permission: "stdio", isStdio: true },
} as const satisfies Record<string, ScopeDefinition>;

export type Scope = keyof typeof SCOPES;

export const SCOPE_NAMES = Object.keys(SCOPES) as Scope[];

export function isScope(name: string): name is Scope {
	return Object.hasOwn(SCOPES, name);
}

/**
 * The scopes that a resource has: those of `/stdio` are its own; a token for the whole origin may have all.
 *
 * @param path of the resource; empty for the origin
 */
export function scopesOf(path: string, hasStdio: boolean): Scope[] {
	return SCOPE_NAMES.filter((scope) => {
		const { isStdio = false }: ScopeDefinition = SCOPES[scope];
		if (path.startsWith("/stdio/")) return isStdio;
		return !isStdio || (path === "" && hasStdio);
	});
}

/** OpenID Connect Core 1.0, sections 5.4 and 11. Clients ask for them out of habit, whatever the server is. */
const OPENID_SCOPES = ["openid", "profile", "email", "address", "phone", "offline_access"];

/**
 * The scopes a consent page offers for a request: those it names. OpenID scopes do not count. A request that names no
 * other scope is offered all; one that names only scopes that the resource does not have is offered the first.
 */
export function offeredScopes(requested: readonly string[], available: readonly Scope[]): Scope[] {
	const named = requested.filter((scope) => !OPENID_SCOPES.includes(scope));
	if (named.length === 0) return [...available];
	const known = available.filter((scope) => named.includes(scope));
	return known.length > 0 ? known : available.slice(0, 1);
}

/** The permission a user must have to be granted a scope; undefined if it is for everyone. */
export function permissionFor(scope: Scope): Permission | undefined {
	const { permission }: ScopeDefinition = SCOPES[scope];
	return permission;
}

/** With this scope a client says that it will refresh, which every client may: it stands for no right of its own. */
export const OFFLINE_ACCESS = "offline_access";

/** Whether a token's scope can hold this: strict clients want `offline_access` back if they asked for it. */
export function isTokenScope(name: string): name is Scope | typeof OFFLINE_ACCESS {
	return isScope(name) || name === OFFLINE_ACCESS;
}

/** Whether a user with these permissions can be granted a scope at all. */
export function isPermitted(scope: Scope, permissions: readonly Permission[]): boolean {
	const permission = permissionFor(scope);
	return permission === undefined || permissions.includes(permission);
}
