/** The scopes: which exist, at which resource, and for which users. */

/** A right that a user can grant to a client: a checkbox on the consent page. */
export type ScopeDefinition = {
	/** Completes "It may …". */
	readonly sentence: string | ((env: Env) => string);
	/** A command that the consent page shows after the sentence. */
	command?(env: Env): string | undefined;
	/** The scope is granted only to users who have this permission. If omitted, every user can grant it. */
	readonly permission?: string;
};

export type Scopes = Readonly<Record<string, ScopeDefinition>>;

/** An extra with its own scopes. */
type ScopedExtra = {
	readonly prefix: string;
	readonly scopes: Scopes;
	/** Undefined if the settings do not turn the extra on. */
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

/** Completes "It may …" under these settings. */
export function sentenceOf({ sentence }: ScopeDefinition, env: Env): string {
	return typeof sentence === "string" ? sentence : sentence(env);
}

/**
 * The scopes of a resource. An extra has its own scopes. A token for the whole origin may have all scopes.
 *
 * @param path the path of the resource; empty for the origin
 */
export function scopesAt(server: WithScopes, env: Env, path: string): string[] {
	const extras = extrasOn(server.extras, env);
	const extra = extras.find(({ prefix }) => path.startsWith(`${prefix}/`));
	if (extra) return Object.keys(extra.scopes);
	const own = Object.keys(server.scopes);
	return path === "" ? [...own, ...extras.flatMap(({ scopes }) => Object.keys(scopes))] : own;
}

/** OpenID Connect Core 1.0, sections 5.4 and 11. Many clients request these scopes from every server. */
const OPENID_SCOPES = ["openid", "profile", "email", "address", "phone", "offline_access"];

/**
 * The scopes that the consent page offers for a request: those that the request names, without OpenID scopes. If it
 * names no others, all available scopes are offered. If it names only unknown ones, the first available is offered.
 */
export function offeredScopes(requested: readonly string[], available: readonly string[]): string[] {
	const named = requested.filter((scope) => !OPENID_SCOPES.includes(scope));
	if (named.length === 0) return [...available];
	const known = available.filter((scope) => named.includes(scope));
	return known.length > 0 ? known : available.slice(0, 1);
}

/** A client requests this scope to announce that it will refresh its token. Every client may, so it grants nothing. */
export const OFFLINE_ACCESS = "offline_access";

/** Whether a token can carry this scope. Strict clients expect `offline_access` back if they requested it. */
export function isTokenScope(server: WithScopes, name: string): boolean {
	return isScope(server, name) || name === OFFLINE_ACCESS;
}

/** Whether a user with these permissions can be granted a scope at all. */
export function isPermitted(server: WithScopes, scope: string, permissions: readonly string[]): boolean {
	const permission = scopeNamed(server, scope)?.permission;
	return permission === undefined || permissions.includes(permission);
}
