/**
 * Reads the state of a consent page or a sign-in without using it up. The library stores it under the hash of its
 * handle, and binds it to the browser with a cookie that holds the same hash. Both last ten minutes.
 */
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { AppEnv } from "../app-env.ts";
import { sha256 } from "../auth/sha256.ts";
import { guardedStorage, storageOf } from "./storage.ts";

/**
 * - `open`: this browser can continue it
 * - `elsewhere`: it is valid, but this browser does not have its cookie
 * - `late`: this browser started it, but its record cannot be found, perhaps because it has not arrived here
 * - `over`: it expired, was used, or never existed
 */
export type TransactionState = "open" | "elsewhere" | "late" | "over";

/** Use the result for error pages only. The library decides whether a request may go on. */
export async function transactionState(c: Context<AppEnv>, handle: string): Promise<TransactionState> {
	const hash = await sha256(handle);
	const isMine = Object.values(getCookie(c)).includes(hash);
	// Only for a sign-in of this browser is it worth to look again.
	const storage = isMine ? storageOf(c.env).OAUTH_KV : guardedStorage(c.env);
	if ((await storage.get(`transaction:${hash}`)) === null) return isMine ? "late" : "over";
	return isMine ? "open" : "elsewhere";
}
