/** Who may see and use what: one gate for tools, resources and prompts, in every era of the protocol. */
import type { Principal, Rights } from "../auth/principal.ts";
import { LOCAL_PROVIDER } from "../identity/local.ts";

/** What everything in the catalogue says about who may use it. */
export type Gated = {
	readonly name: string;
	/** The scope a token must carry. */
	readonly scope: string;
	/** The permission the user must have; omitted: any signed-in user. */
	readonly requires?: string;
	/** Whether it can take more than a few seconds: it can then be cancelled, and resumed after a lost connection. */
	readonly long?: boolean;
	/** Whether it may ask the user, with an `inputRequired` result. */
	readonly asks?: boolean;
};

function hasPermission(item: Gated, principal: Pick<Principal, "permissions">): boolean {
	return item.requires === undefined || principal.permissions.includes(item.requires);
}

/** Why a principal may not use something, as a sentence for the model; undefined if they may. */
export function refusal(
	item: Gated,
	principal: Pick<Principal, "permissions" | "scopes" | "user">,
): string | undefined {
	if (!hasPermission(item, principal)) {
		return `${item.name} needs the permission "${item.requires}", which ${principal.user.login} does not have on this server. ${principal.user.provider === LOCAL_PROVIDER ? "Sign in again and tick it." : "Ask the administrator for it."}`;
	}
	if (!principal.scopes.includes(item.scope)) {
		return `${item.name} needs the scope "${item.scope}", which was not granted to this connection. Sign in again and allow it.`;
	}
	return undefined;
}

/** Whether these rights are enough for something. */
export function permits(item: Gated, rights: Rights): boolean {
	return hasPermission(item, rights) && rights.scopes.includes(item.scope);
}

/** Those that the principal may use. */
export function permitted<Item extends Gated>(items: readonly Item[], principal: Principal): Item[] {
	return items.filter((item) => permits(item, principal));
}

/**
 * The scopes a token would need to use these items and lacks, though its user could grant them. The answer to
 * such a request is a step-up challenge (MCP authorization, scope challenge handling) instead of a refusal.
 */
export function missingScopes(items: readonly Gated[], principal: Principal): string[] {
	const needed = items.filter((item) => hasPermission(item, principal)).map(({ scope }) => scope);
	return [...new Set(needed)].filter((scope) => !principal.scopes.includes(scope));
}
