import { AsyncLocalStorage } from "node:async_hooks";
import { tryGetContext } from "hono/context-storage";
import type { RequestIdVariables } from "hono/request-id";

/** The ids of requests that a user's object handles, where there is no app. */
const inObject = new AsyncLocalStorage<string>();

/** Runs code for a request that came in elsewhere. */
export function runWithRequestId<T>(requestId: string, run: () => T): T {
	return inObject.run(requestId, run);
}

/** The id of the current request in the log and in error texts; `none` outside a request. */
export function currentRequestId(): string {
	const context = tryGetContext<{ Variables: RequestIdVariables }>();
	return context?.get("requestId") ?? inObject.getStore() ?? "none";
}
