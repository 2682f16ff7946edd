/** What a client can be allowed to do: which scopes there are, where, and for whom. */

/** A part of what a client can be allowed to do: a box on the consent page. */
export type ScopeDefinition = {
	/** Completes "It may …". */
	readonly sentence: string | ((env: Env) => string);
	/** A command that the consent page shows behind the sentence. */
	command?(env: Env): string | undefined;
	/** Granted only to users who have this permission. If left out, to every user. */
	readonly permission?: string;
};

export type Scopes = Readonly<Record<string, ScopeDefinition>>;

/** An extra, with scopes of its own. */
type ScopedExtra = {
	readonly prefix: string;
	readonly scopes: Scopes;
	/** Undefined where the settings do not turn it on. */
	offer(env: Env): unknown;
};

export type WithScopes = { readonly scopes: Scopes; readonly extras: readonly ScopedExtra[] };

/** The extras that the settings turn on. */
export function extrasOn<Extra extends Pick<ScopedExtra, "offer">>(
	extras: readonly Extra[],
	env: Env,
): readonly Extra[] {
	return extras.filter((extra) => extra.offer(env) !== undefined);
}

export function isScope(server: WithScopes, name: string): boolean {
	return scopeNamed(server, name) !== undefined;
}

export function scopeNamed(server: WithScopes, name: string): ScopeDefinition | undefined {
	const has = ({ scopes }: { readonly scopes: Scopes }) => Object.hasOwn(scopes, name);
	return (has(server) ? server : server.extras.find(has))?.scopes[name];
}

/**
 * The scopes that a resource has: those of an extra are its own; a token for the whole origin may have all.
 *
 * @param path of the resource; empty for the origin
 */
export function scopesAt(server: WithScopes, env: Env, path: string): string[] {
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
export function isTokenScope(server: WithScopes, name: string): boolean {
	return isScope(server, name) || name === OFFLINE_ACCESS;
}

/** Whether a user with these permissions can be granted a scope at all. */
export function isPermitted(server: WithScopes, scope: string, permissions: readonly string[]): boolean {
	const permission = scopeNamed(server, scope)?.permission;
	return permission === undefined || permissions.includes(permission);
}
