/**
 * What became of a consent page or a sign-in that was begun, asked without using it up. The library keeps it under the
 * hash of its handle, and binds it to the browser with a cookie that holds the same hash; both last ten minutes.
 */
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { AppEnv } from "../app-env.ts";
import { sha256 } from "../auth/sha256.ts";

/**
 * - `open`: this browser can go on with it
 * - `elsewhere`: it goes on, but this browser does not have its cookie
 * - `over`: it expired, was used, or never was
 */
export type TransactionState = "open" | "elsewhere" | "over";

/** For pages only: whether a request may go on is the library's to say. */
export async function transactionState(c: Context<AppEnv>, handle: string): Promise<TransactionState> {
	const hash = await sha256(handle);
	if ((await c.env.OAUTH_KV.get(`transaction:${hash}`)) === null) return "over";
	return Object.values(getCookie(c)).includes(hash) ? "open" : "elsewhere";
}
