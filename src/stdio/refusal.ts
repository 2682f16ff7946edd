/** Why a child cannot be reached, as a client is told. */
import type { RequestId } from "@modelcontextprotocol/server";
import { logError } from "../errors.ts";
import { JSON_RPC, jsonRpcError, sessionNotFound } from "../http/json-rpc.ts";

export type Refusal = {
	/** Of HTTP: 404, when the child is gone; 429 or 503, when there is no room for one more. */
	readonly status: number;
	readonly sentence: string;
	/** Whether the program says so, whose sentences are for people. Others are for the log. */
	readonly isForPeople: boolean;
	readonly retryAfter: string | null;
};

export const GONE: Refusal = { status: 404, sentence: "", isForPeople: true, retryAfter: null };
const RETRY_AFTER_SECONDS = "10";

/** The program's refusal of a pipe; or what else is where it should be, such as a container that does not start. */
export async function readRefusal(response: Response): Promise<Refusal> {
	const { status, headers } = response;
	const isForPeople = headers.get("Content-Type")?.startsWith("application/json") ?? false;
	const sentence = isForPeople ? (await response.json<{ error: string }>()).error : await response.text();
	return { status, sentence, isForPeople, retryAfter: headers.get("Retry-After") };
}

/** @param reason why the child could not be started, in a sentence for people */
export function notStarted(reason: string): Refusal {
	return { status: 502, sentence: `${reason} Connect again.`, isForPeople: true, retryAfter: null };
}

/** @param error what happened on the way */
export function unreachable(error: unknown): Refusal {
	const sentence = error instanceof Error ? (error.stack ?? error.message) : String(error);
	return { status: 502, sentence, isForPeople: false, retryAfter: null };
}

/** @param requestId for the log and the person who asks about it */
export function answerRefusal(refusal: Refusal, id: RequestId | null, requestId: string): Response {
	const { status, sentence, isForPeople, retryAfter } = refusal;
	if (status === 404 && isForPeople) return sessionNotFound(id);
	const headers = { "Retry-After": retryAfter ?? RETRY_AFTER_SECONDS };
	const isFull = status === 429 || status === 503;
	if (status === 502 && isForPeople) return jsonRpcError(status, JSON_RPC.transport, sentence, { id });
	if (isFull && isForPeople) return jsonRpcError(status, JSON_RPC.transport, sentence, { id, headers });
	logError("stdio_not_reached", `${status} ${sentence}`, requestId);
	const what = status === 502 ? "The stdio server does not answer." : containerProblem(isFull);
	const text = `${what} Try again in a minute; if it still fails, contact the server's administrator and mention request ID ${requestId}.`;
	return jsonRpcError(503, JSON_RPC.transport, text, { id, headers });
}

/** The Container class answers in plain text when its container cannot start. */
function containerProblem(isFull: boolean): string {
	return isFull
		? "No stdio container is available: all are in use, or yours is still starting."
		: "Your stdio server could not be started.";
}
