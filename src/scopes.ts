/** What a client can be allowed to do: one table for the consent page, the metadata and the tool gate. */

/** What a user may do on this server, from the identity provider's claims or from a setting. */
export const PERMISSIONS = ["image_generation", "stdio"] as const;
export type Permission = (typeof PERMISSIONS)[number];

type ScopeDefinition = {
	/** The consent page's sentence, read by a person: "Allow it to …". */
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
	stdio: { sentence: "Use the server that runs for you in a container", permission: "stdio", isStdio: true },
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

/**
 * The scopes a consent page offers for a request. Unknown ones are dropped, since clients ask for OpenID scopes
 * out of habit; a request that names none that the resource has is offered all of them.
 */
export function offeredScopes(requested: readonly string[], available: readonly Scope[]): Scope[] {
	const known = available.filter((scope) => requested.includes(scope));
	return known.length > 0 ? known : [...available];
}

/** Whether a user with these permissions can be granted a scope at all. */
export function isPermitted(scope: Scope, permissions: readonly Permission[]): boolean {
	const definition: ScopeDefinition = SCOPES[scope];
	return definition.permission === undefined || permissions.includes(definition.permission);
}
