import { tryGetContext } from "hono/context-storage";
import type { RequestIdVariables } from "hono/request-id";

/** The id that names the current request in the log and in error texts; in a user's object, which has none, another word. */
export function currentRequestId(): string {
	return tryGetContext<{ Variables: RequestIdVariables }>()?.get("requestId") ?? "none";
}
