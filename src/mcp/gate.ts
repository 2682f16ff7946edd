/** Who may see and use what: one gate for tools, resources and prompts, in every era of the protocol. */
import { LOCAL_PROVIDER } from "../identity/local.ts";
import type { Permission, Scope } from "../scopes.ts";
import type { Caller } from "./caller.ts";

/** What everything in the catalogue says about who may use it. */
export type Gated = {
	readonly name: string;
	/** The scope a token must carry. */
	readonly scope: Scope;
	/** The permission the user must have; omitted: any signed-in user. */
	readonly requires?: Permission;
};

function hasPermission(item: Gated, caller: Pick<Caller, "permissions">): boolean {
	return item.requires === undefined || caller.permissions.includes(item.requires);
}

/** Why a caller may not use something, as a sentence for the model; undefined if they may. */
export function refusal(item: Gated, caller: Pick<Caller, "permissions" | "scopes" | "user">): string | undefined {
	if (!hasPermission(item, caller)) {
		return `${item.name} needs the permission "${item.requires}", which ${caller.user.login} does not have on this server. ${caller.user.provider === LOCAL_PROVIDER ? "Sign in again and tick it." : "Ask whoever runs the server for it."}`;
	}
	if (!caller.scopes.includes(item.scope)) {
		return `${item.name} needs the scope "${item.scope}", which was not granted to this connection. Sign in again and allow it.`;
	}
	return undefined;
}

/** Those that the caller may use. */
export function permitted<Item extends Gated>(items: readonly Item[], caller: Caller): Item[] {
	return items.filter((item) => refusal(item, caller) === undefined);
}

/**
 * The scopes a token would need to use these items and lacks, though its user could grant them. The answer to
 * such a request is a step-up challenge (MCP authorization, scope challenge handling) instead of a refusal.
 */
export function missingScopes(items: readonly Gated[], caller: Caller): Scope[] {
	const needed = items.filter((item) => hasPermission(item, caller)).map(({ scope }) => scope);
	return [...new Set(needed)].filter((scope) => !caller.scopes.includes(scope));
}
