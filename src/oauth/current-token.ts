/**
 * Which upstream token of a grant is the newest. After a refresh, an older access token stays valid, with the upstream
 * token it was issued with. If the provider has ended that upstream token, the grant itself is still valid.
 */
import { sha256 } from "../auth/sha256.ts";

/** Longer than the lifetime of any access token. */
const REMEMBERED_SECONDS = 2 * 60 * 60;

const keyOf = (grantId: string) => `upstream:${grantId}`;

/** Stores, after a refresh, which upstream token of the grant is the newest. */
export async function rememberCurrentToken(env: Env, grantId: string, upstreamToken: string): Promise<void> {
	await env.OAUTH_KV.put(keyOf(grantId), await sha256(upstreamToken), { expirationTtl: REMEMBERED_SECONDS });
}

/** Whether a refresh has replaced this upstream token of the grant. */
export async function isReplacedToken(env: Env, grantId: string, upstreamToken: string): Promise<boolean> {
	const current = await env.OAUTH_KV.get(keyOf(grantId));
	return current !== null && current !== (await sha256(upstreamToken));
}
