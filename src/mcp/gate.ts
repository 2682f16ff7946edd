/** Which principals may see and use which items: one check for tools, resources and prompts, in all versions. */
import { API_KEY_PROVIDER, LOCAL_PROVIDER } from "../auth/grant.ts";
import type { Principal, Rights } from "../auth/principal.ts";

/** Each catalogue item declares these access rules. */
export type Gated = {
	readonly name: string;
	/** The scope a token must carry. */
	readonly scope: string;
	/** The permission the user must have. If omitted, the user needs none. */
	readonly requires?: string;
	/** Whether it can take more than a few seconds. Then it can be cancelled, and resumed after a lost connection. */
	readonly long?: boolean;
	/** Whether it may ask the user, with an `inputRequired` result. */
	readonly asks?: boolean;
	/** Whether it keeps data for the user. It is left out if the server's sign-in has no lasting users. */
	readonly needsUser?: boolean;
};

/** Advice for a missing permission or scope, by sign-in, if it differs from the usual advice. */
const ADVICE: Readonly<Record<string, { readonly permission: string; readonly scope: string }>> = {
	[LOCAL_PROVIDER]: { permission: "Sign in again and tick it.", scope: "Sign in again and allow it." },
	[API_KEY_PROVIDER]: { permission: "Use an API key that has it.", scope: "Use an API key that has it." },
};
const USUAL_ADVICE = { permission: "Ask the administrator for it.", scope: "Sign in again and allow it." };

function hasPermission(item: Gated, principal: Pick<Principal, "permissions">): boolean {
	return item.requires === undefined || principal.permissions.includes(item.requires);
}

/** Why a principal may not use an item, as a sentence for the model; undefined if it may. */
export function refusal(
	item: Gated,
	principal: Pick<Principal, "permissions" | "scopes" | "user">,
): string | undefined {
	const { login, provider } = principal.user;
	const advice = ADVICE[provider] ?? USUAL_ADVICE;
	if (!hasPermission(item, principal)) {
		return `${item.name} needs the permission "${item.requires}", which ${login} does not have on this server. ${advice.permission}`;
	}
	if (!principal.scopes.includes(item.scope)) {
		return `${item.name} needs the scope "${item.scope}", which was not granted to this connection. ${advice.scope}`;
	}
	return undefined;
}

/** Whether these rights are enough for an item. */
export function permits(item: Gated, rights: Rights): boolean {
	return hasPermission(item, rights) && rights.scopes.includes(item.scope);
}

/** The items that the principal may use. */
export function permitted<Item extends Gated>(items: readonly Item[], principal: Principal): Item[] {
	return items.filter((item) => permits(item, principal));
}

/**
 * The scopes that a token lacks for these items, although its user could grant them. The response to such a request is
 * a step-up challenge (MCP authorization, scope challenge handling), not a refusal.
 */
export function missingScopes(items: readonly Gated[], principal: Principal): string[] {
	const needed = items.filter((item) => hasPermission(item, principal)).map(({ scope }) => scope);
	return [...new Set(needed)].filter((scope) => !principal.scopes.includes(scope));
}
