/** Who may see and use what: one gate for tools, resources and prompts, in every era of the protocol. */
import { API_KEY_PROVIDER, LOCAL_PROVIDER } from "../auth/grant.ts";
import type { Principal, Rights } from "../auth/principal.ts";

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
	/** Whether it keeps something for the user: it is left out where users do not come back. */
	readonly needsUser?: boolean;
};

/** What to do about a missing permission and about a missing scope, where that is not the usual. */
const ADVICE: Readonly<Record<string, { readonly permission: string; readonly scope: string }>> = {
	[LOCAL_PROVIDER]: { permission: "Sign in again and tick it.", scope: "Sign in again and allow it." },
	[API_KEY_PROVIDER]: { permission: "Use an API key that has it.", scope: "Use an API key that has it." },
};
const USUAL_ADVICE = { permission: "Ask the administrator for it.", scope: "Sign in again and allow it." };

function hasPermission(item: Gated, principal: Pick<Principal, "permissions">): boolean {
	return item.requires === undefined || principal.permissions.includes(item.requires);
}

/** Why a principal may not use something, as a sentence for the model; undefined if they may. */
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
