/** The context that each request carries through the Hono app. */
import { getContext } from "hono/context-storage";
import type { RequestIdVariables } from "hono/request-id";
import type { SecureHeadersVariables } from "hono/secure-headers";
import type { Server } from "./mcp/definition.ts";

export type AppEnv = {
	Bindings: Env;
	Variables: RequestIdVariables & SecureHeadersVariables & MessageVariables & { server: Server };
};

/** The id of the posted JSON-RPC request, for error responses that other parts of the app send. */
type MessageVariables = { messageId?: string | number | null };

/** The server that handles the current request. */
export function currentServer(): Server {
	return getContext<AppEnv>().get("server");
}
