/**
 * The end of a grant, however it comes: the person or the client revokes it, a refresh or the identity provider's API says
 * that access has ended, a code is used twice. The OAuth wrapper then deletes its record, and what is open under the
 * grant ends with it.
 */
import { waitUntil } from "cloudflare:workers";
import { currentRequestId } from "../app-env.ts";
import { readConfig } from "../config.ts";
import { logError } from "../errors.ts";
import { userObjectOf } from "../mcp/user-object.ts";
import { stdioObjectOf } from "../stdio/object.ts";

/** Closes the event streams and ends the calls of a grant. */
export async function endGrant(env: Env, userId: string, grantId: string): Promise<void> {
	const objects: { endGrant(grantId: string): Promise<void> }[] = [userObjectOf(env, userId)];
	if (readConfig(env).stdio !== undefined) objects.push(stdioObjectOf(env, userId).sessions);
	await Promise.all(objects.map((object) => object.endGrant(grantId)));
}

const noticing = new WeakMap<Env, Env>();

/** An environment for the wrapper, whose KV namespace notices the end of a grant. */
export function noticingEnds(env: Env): Env {
	const known = noticing.get(env);
	if (known) return known;
	const kv = new Proxy(env.OAUTH_KV, {
		get(target, name) {
			const value: unknown = Reflect.get(target, name);
			if (typeof value !== "function") return value;
			if (name !== "delete") return value.bind(target);
			return async (key: string) => {
				await target.delete(key);
				const [, userId, grantId] = /^grant:([^:]+):([^:]+)$/.exec(key) ?? [];
				if (userId === undefined || grantId === undefined) return;
				const requestId = currentRequestId();
				waitUntil(endGrant(env, userId, grantId).catch((error) => logError("grant_end_not_told", error, requestId)));
			};
		},
	});
	const made = { ...env, OAUTH_KV: kv };
	noticing.set(env, made);
	return made;
}
