/** Answers `resources/read`, `prompts/get` and completions behind the gate; their failures are JSON-RPC errors. */
import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import { logError, UserError } from "../errors.ts";
import type { UserContext } from "./context.ts";
import { type Gated, refusal } from "./gate.ts";

/**
 * @throws ProtocolError with the refusal, the sentence of a UserError, or the request id of what the log holds;
 *   the SDK's own errors, such as "resource not found", as they are
 */
export async function answerFor<T>(item: Gated, context: UserContext, run: () => Promise<T>): Promise<T> {
	const refused = refusal(item, context);
	if (refused) throw new ProtocolError(ProtocolErrorCode.InvalidRequest, refused);
	try {
		return await run();
	} catch (error) {
		if (error instanceof ProtocolError) throw error;
		if (error instanceof UserError) throw new ProtocolError(ProtocolErrorCode.InvalidRequest, error.message);
		logError(`${item.name}_failed`, error, context.requestId);
		const sentence = `${item.name} failed unexpectedly. Quote request ${context.requestId} to whoever runs this server.`;
		throw new ProtocolError(ProtocolErrorCode.InternalError, sentence);
	}
}
