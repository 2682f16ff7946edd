/** What a client can be allowed to do: which scopes there are, where, and for whom. */
import { extrasOn } from "../mcp/define/extra.ts";
import type { ScopeDefinition, Scopes, Server } from "../mcp/define/server.ts";

export function isScope(server: Server, name: string): boolean {
	return scopeNamed(server, name) !== undefined;
}

export function scopeNamed(server: Server, name: string): ScopeDefinition | undefined {
	const has = ({ scopes }: { readonly scopes: Scopes }) => Object.hasOwn(scopes, name);
	return (has(server) ? server : server.extras.find(has))?.scopes[name];
}

/**
 * The scopes that a resource has: those of an extra are its own; a token for the whole origin may have all.
 *
 * @param path of the resource; empty for the origin
 */
export function scopesAt(server: Server, env: Env, path: string): string[] {
	const extras = extrasOn(server.extras, env);
	const extra = extras.find(({ prefix }) => path.startsWith(`${prefix}/`));
	if (extra) return Object.keys(extra.scopes);
	const own = Object.keys(server.scopes);
	return path === "" ? [...own, ...extras.flatMap(({ scopes }) => Object.keys(scopes))] : own;
}

/** OpenID Connect Core 1.0, sections 5.4 and 11. Clients ask for them out of habit, whatever the server is. */
const OPENID_SCOPES = ["openid", "profile", "email", "address", "phone", "offline_access"];

/**
 * The scopes a consent page offers for a request: those it names. OpenID scopes do not count. A request that names no
 * other scope is offered all; one that names only scopes that the resource does not have is offered the first.
 */
export function offeredScopes(requested: readonly string[], available: readonly string[]): string[] {
	const named = requested.filter((scope) => !OPENID_SCOPES.includes(scope));
	if (named.length === 0) return [...available];
	const known = available.filter((scope) => named.includes(scope));
	return known.length > 0 ? known : available.slice(0, 1);
}

/** With this scope a client says that it will refresh, which every client may: it stands for no right of its own. */
export const OFFLINE_ACCESS = "offline_access";

/** Whether a token's scope can hold this: strict clients want `offline_access` back if they asked for it. */
export function isTokenScope(server: Server, name: string): boolean {
	return isScope(server, name) || name === OFFLINE_ACCESS;
}

/** Whether a user with these permissions can be granted a scope at all. */
export function isPermitted(server: Server, scope: string, permissions: readonly string[]): boolean {
	const permission = scopeNamed(server, scope)?.permission;
	return permission === undefined || permissions.includes(permission);
}
