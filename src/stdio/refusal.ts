/** Reasons why a child cannot be reached, and the responses for them. */
import type { RequestId } from "@modelcontextprotocol/server";
import { logError } from "../errors.ts";
import { JSON_RPC, jsonRpcError, sessionNotFound } from "../http/json-rpc.ts";

export type Refusal = {
	/** The HTTP status: 404 if the child has ended; 429 or 503 if the limit of children is reached. */
	readonly status: number;
	readonly sentence: string;
	/** Whether the sentence is for users. Others are for the log. */
	readonly isForPeople: boolean;
	readonly retryAfter: string | null;
};

export const GONE: Refusal = { status: 404, sentence: "", isForPeople: true, retryAfter: null };
const RETRY_AFTER_SECONDS = "10";

/** Reads the bridge's refusal of a pipe, or another error response, for example if the container does not start. */
export async function readRefusal(response: Response): Promise<Refusal> {
	const { status, headers } = response;
	const isForPeople = headers.get("Content-Type")?.startsWith("application/json") ?? false;
	const sentence = isForPeople ? (await response.json<{ error: string }>()).error : await response.text();
	return { status, sentence, isForPeople, retryAfter: headers.get("Retry-After") };
}

/** @param reason why the child could not be started, as a sentence for users */
export function notStarted(reason: string): Refusal {
	return { status: 502, sentence: `${reason} Connect again.`, isForPeople: true, retryAfter: null };
}

/** @param error the error of the connection */
export function unreachable(error: unknown): Refusal {
	const sentence = error instanceof Error ? (error.stack ?? error.message) : String(error);
	return { status: 502, sentence, isForPeople: false, retryAfter: null };
}

/** @param requestId for the log and the error text */
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

/** If a container cannot start, the Container class responds with plain text. */
function containerProblem(isFull: boolean): string {
	return isFull
		? "No stdio container is available: all are in use, or yours is still starting."
		: "Your stdio server could not be started.";
}
