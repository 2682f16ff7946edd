/** Checks and runs `resources/read`, `prompts/get` and completions. Failures become JSON-RPC errors. */
import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import { logError, UserError } from "../errors.ts";
import type { UserContext } from "./context.ts";
import { DeadlineError, runUntilDeadline, secondsFor } from "./deadline.ts";
import { type Gated, refusal } from "./gate.ts";

/**
 * @param run gets a signal that is aborted when the client cancels, and at the deadline
 * @throws ProtocolError with the refusal, the sentence of a UserError, the deadline's sentence, or the request id of
 *   the error in the log; errors of the SDK, such as "resource not found", are passed on
 */
export async function answerFor<T>(
	item: Gated,
	context: UserContext & { readonly signal?: AbortSignal },
	env: object,
	run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
	const refused = refusal(item, context);
	if (refused) throw new ProtocolError(ProtocolErrorCode.InvalidRequest, refused);
	const { name } = item;
	const { requestId, signal } = context;
	const call = { name, requestId, seconds: secondsFor({}, env), ...(signal && { cancelled: signal }) };
	try {
		return await runUntilDeadline(call, run);
	} catch (error) {
		if (error instanceof ProtocolError) throw error;
		if (error instanceof DeadlineError) {
			logError(`${name}_timeout`, error, requestId);
			throw new ProtocolError(ProtocolErrorCode.InternalError, error.message);
		}
		if (error instanceof UserError) throw new ProtocolError(ProtocolErrorCode.InvalidRequest, error.message);
		logError(`${name}_failed`, error, requestId);
		const sentence = `${name} failed unexpectedly. Contact the server's administrator and mention request ID ${requestId}.`;
		throw new ProtocolError(ProtocolErrorCode.InternalError, sentence);
	}
}
