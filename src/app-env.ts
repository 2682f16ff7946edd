/** What a request carries through the Hono app. */
import { getContext } from "hono/context-storage";
import type { RequestIdVariables } from "hono/request-id";
import type { SecureHeadersVariables } from "hono/secure-headers";

export type AppEnv = { Bindings: Env; Variables: RequestIdVariables & SecureHeadersVariables };

/** The id that names the current request in the log and in error texts. */
export function currentRequestId(): string {
	return getContext<AppEnv>().get("requestId");
}
