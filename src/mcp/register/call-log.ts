/** The log of tool calls: one line for each call, without arguments and results. */

import { audit } from "../../audit.ts";
import type { Principal } from "../../auth/principal.ts";
import { traceIdOf } from "../../http/trace-context.ts";

/** How a call ended. If it is "asked", the call gets another line when the user has answered. */
export type Outcome = "ok" | "refused" | "invalid" | "failed" | "error" | "asked" | "cancelled" | "timeout";

/** The part of a principal that the log names. */
export type Caller = Pick<Principal, "requestId" | "traceparent" | "pseudonym" | "clientId" | "era">;

export function logToolCall(tool: string, caller: Caller, outcome: Outcome, milliseconds: number): void {
	const { requestId, traceparent, pseudonym: user, clientId: client, era } = caller;
	const traceId = traceIdOf(traceparent);
	audit("tool_call", { requestId, traceId, tool, user, client, era, outcome, milliseconds });
}
