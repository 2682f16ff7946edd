/** In whose name a task runs: as it is stored, without a token, and as a later run has it. */
import { allowListsOf, permissionsOf } from "../../../auth/permissions.ts";
import type { Principal } from "../../../auth/principal.ts";
import type { Server } from "../../definition.ts";
import type { StoredTask, TaskCall } from "./task-table.ts";

/** What decides the permissions of a caller. */
export type Rules = { readonly server: Server; readonly env: Env };

export function callOf(
	args: Record<string, unknown>,
	capabilities: Record<string, unknown>,
	principal: Principal,
	rules: Rules,
): TaskCall {
	const { upstreamToken: _token, expiresAt: _expiry, era: _era, traceparent, ...kept } = principal;
	const { user, permissions, scopes } = kept;
	const granted = permissionsNow(principal, [], rules);
	const claims = permissions.filter((name) => !granted.includes(name));
	const hasUpstream = rules.server.upstreamOf(principal, rules.env) !== undefined;
	const caller = { ...kept, user, permissions: [...permissions], scopes: [...scopes], traceparent };
	return { args, capabilities, principal: caller, claims, hasUpstream };
}

/** The principal of a run that no request brought. */
export function restored({ call: { principal } }: StoredTask): Principal {
	const { traceparent } = principal;
	const none = { upstreamToken: undefined, expiresAt: undefined } as const;
	return { ...principal, user: principal.user as Principal["user"], traceparent, ...none, era: "2026-07-28" };
}

/** The same, with the rights that are left of those that it had. @param granted the scopes of its grant now */
export function withRightsLeft(task: StoredTask, granted: readonly string[], rules: Rules): Principal {
	const principal = restored(task);
	const permissions = permissionsNow(principal, task.call.claims, rules);
	return {
		...principal,
		scopes: principal.scopes.filter((scope) => granted.includes(scope)),
		permissions: permissions.filter((name) => principal.permissions.includes(name)),
	};
}

/** @param claims the permissions that the identity provider claims */
function permissionsNow(
	{ user, isLocal }: Pick<Principal, "user" | "isLocal">,
	claims: readonly string[],
	{ server, env }: Rules,
): string[] {
	return permissionsOf({ ...user, permissions: [...claims] }, allowListsOf(server, env, isLocal));
}
