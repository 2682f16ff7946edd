import { tryGetContext } from "hono/context-storage";
import type { RequestIdVariables } from "hono/request-id";

/** The id of the current request in the log and in error texts. In a user's object, it is always `none`. */
export function currentRequestId(): string {
	return tryGetContext<{ Variables: RequestIdVariables }>()?.get("requestId") ?? "none";
}
