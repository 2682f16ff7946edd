/** The log of tool calls: one line for each call, without arguments and results. */

import type { Principal } from "../../auth/principal.ts";
import { logEvent } from "../../errors.ts";

/** How a call ended. If it is "asked", the call gets another line when the user has answered. */
export type Outcome = "ok" | "refused" | "invalid" | "failed" | "error" | "asked" | "cancelled" | "timeout";

export function logToolCall(
	tool: string,
	{ requestId, user }: { readonly requestId: string; readonly user: Pick<Principal["user"], "id"> },
	outcome: Outcome,
	milliseconds: number,
): void {
	logEvent("tool_call", { requestId, tool, user: user.id, outcome, milliseconds });
}
