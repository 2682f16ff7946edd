/** What a request carries through the Hono app. */
import { getContext } from "hono/context-storage";
import type { RequestIdVariables } from "hono/request-id";
import type { SecureHeadersVariables } from "hono/secure-headers";
import type { Server } from "./mcp/definition.ts";

export type AppEnv = {
	Bindings: Env;
	Variables: RequestIdVariables & SecureHeadersVariables & MessageVariables & { server: Server };
};

/** The id of the JSON-RPC request that was posted, for an error that is answered far from where it was read. */
type MessageVariables = { messageId?: string | number | null };

/** The server that the current request has come to. */
export function currentServer(): Server {
	return getContext<AppEnv>().get("server");
}
