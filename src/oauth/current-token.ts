/**
 * Which upstream token of a grant is the newest. An access token here goes on after a refresh, with the upstream token
 * it was issued with; if the provider has ended that one, the grant is alive all the same.
 */
import { sha256 } from "../auth/sha256.ts";

/** Longer than any access token that was issued before the refresh. */
const REMEMBERED_SECONDS = 2 * 60 * 60;

const keyOf = (grantId: string) => `upstream:${grantId}`;

/** Notes, after a refresh, that earlier upstream tokens of the grant are replaced. */
export async function rememberCurrentToken(env: Env, grantId: string, upstreamToken: string): Promise<void> {
	await env.OAUTH_KV.put(keyOf(grantId), await sha256(upstreamToken), { expirationTtl: REMEMBERED_SECONDS });
}

/** Whether a refresh has replaced this upstream token of the grant. */
export async function isReplacedToken(env: Env, grantId: string, upstreamToken: string): Promise<boolean> {
	const current = await env.OAUTH_KV.get(keyOf(grantId));
	return current !== null && current !== (await sha256(upstreamToken));
}
