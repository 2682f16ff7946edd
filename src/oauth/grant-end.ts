/**
 * The end of a grant: the user or the client revokes it, a refresh or the identity provider's API shows that access has
 * ended, or a code is used twice. In each case, the OAuth wrapper deletes the grant's record. The proxy below notices
 * that, and ends the streams and calls of the grant.
 */
import { waitUntil } from "cloudflare:workers";
import { perServer } from "../auth/per-server.ts";
import { extrasOn } from "../auth/scopes.ts";
import { logError } from "../errors.ts";
import { currentRequestId } from "../http/request-id.ts";
import type { Server } from "../mcp/definition.ts";
import { userObjectOf } from "../mcp/user-object.ts";
import { guardedStorage } from "./storage.ts";

/** Closes the event streams and ends the calls of a grant. */
export async function endGrant(server: Server, env: Env, userId: string, grantId: string): Promise<void> {
	const extras = extrasOn(server.extras, env).map((extra) => extra.endGrant(env, userId, grantId));
	await Promise.all([userObjectOf(env, userId).endGrant(grantId), ...extras]);
}

/** An environment for the wrapper, with guarded storage. If the wrapper deletes a grant, `endGrant` is called. */
export const noticingEnds = perServer((server: Server, env): Env => {
	const kv = new Proxy(guardedStorage(env.OAUTH_KV), {
		get(target, name) {
			const value: unknown = Reflect.get(target, name);
			if (typeof value !== "function") return value;
			if (name !== "delete") return value.bind(target);
			return async (key: string) => {
				await target.delete(key);
				const [, userId, grantId] = /^grant:([^:]+):([^:]+)$/.exec(key) ?? [];
				if (userId === undefined || grantId === undefined) return;
				const requestId = currentRequestId();
				waitUntil(
					endGrant(server, env, userId, grantId).catch((error) => logError("grant_end_not_told", error, requestId)),
				);
			};
		},
	});
	return { ...env, OAUTH_KV: kv };
});
