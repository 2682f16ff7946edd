/** The requests of one POST that a child works on: where its answers go, and until when they are waited for. */
import type { JSONRPCMessage, JSONRPCRequest, RequestId } from "@modelcontextprotocol/server";
import { deadlineSentence, secondsFor } from "../mcp/deadline.ts";
import { failureOf, type Output } from "../mcp/object/call.ts";
import type { RunningCall } from "../mcp/object/placed-sessions.ts";
import { logToolCall, type Outcome } from "../mcp/register/call-log.ts";

/** A request, or as much as is known of one that was made before a restart. */
export type AskedRequest = Pick<JSONRPCRequest, "id" | "method" | "params">;

export type ChildCallOptions = {
	readonly id: string;
	readonly session: string;
	readonly grantId: string;
	/** For the log. */
	readonly requestId: string;
	readonly userId: string;
	readonly requests: readonly AskedRequest[];
	readonly output: Output;
	readonly env: object;
	/** Tells the child that nobody waits for an answer any more. */
	readonly oncancel: (id: RequestId, reason: string) => void;
	readonly onend: () => void;
};

type Waiting = { readonly request: AskedRequest; readonly startedAt: number; timer: ReturnType<typeof setTimeout> };

export class ChildCall implements RunningCall {
	readonly id: string;
	readonly session: string;
	readonly grantId: string;
	readonly output: Output;
	readonly #options: ChildCallOptions;
	readonly #waiting = new Map<RequestId, Waiting>();

	constructor(options: ChildCallOptions) {
		this.#options = options;
		this.id = options.id;
		this.session = options.session;
		this.grantId = options.grantId;
		this.output = options.output;
		for (const request of options.requests) {
			this.#waiting.set(request.id, { request, startedAt: Date.now(), timer: this.#deadline(request) });
		}
	}

	waitsFor(id: RequestId): boolean {
		return this.#waiting.has(id);
	}

	/** Whether one of the requests asked to hear of its progress under this token. */
	hasProgressToken(token: unknown): boolean {
		return token !== undefined && [...this.#waiting.values()].some(({ request }) => tokenOf(request) === token);
	}

	/** @param text the child's answer to one of the requests, as it was written */
	answer(id: RequestId, message: JSONRPCMessage, text?: string): void {
		const isOk = "result" in message;
		const outcome = isOk ? (Object(message.result).isError === true ? "failed" : "ok") : "error";
		if (!this.#settle(id, outcome)) return;
		this.output.write(message, text);
		this.#endIfAnswered();
	}

	/** The client gave a request up, which is then not answered (MCP 2025-11-25, cancellation). */
	cancel(id: RequestId): void {
		if (this.#settle(id, "cancelled")) this.#endIfAnswered();
	}

	/** The child asks the user, or they have answered: what comes now has all the time again. */
	restartDeadline(): void {
		for (const waiting of this.#waiting.values()) {
			clearTimeout(waiting.timer);
			waiting.timer = this.#deadline(waiting.request);
		}
	}

	abort(why: string): void {
		for (const id of [...this.#waiting.keys()]) {
			this.#options.oncancel(id, why);
			this.#settle(id, "error");
			this.output.write(failureOf(id, why));
		}
		this.#endIfAnswered();
	}

	#deadline(request: AskedRequest): ReturnType<typeof setTimeout> {
		const { env, requestId } = this.#options;
		const isTool = request.method === "tools/call";
		// Nobody says which tools of the child are long, so all may be.
		const seconds = secondsFor(isTool ? { long: true } : {}, env);
		return setTimeout(() => {
			const sentence = deadlineSentence(nameOf(request), seconds, requestId);
			this.#options.oncancel(request.id, sentence);
			if (!this.#settle(request.id, "timeout")) return;
			this.output.write(isTool ? toolFailureOf(request.id, sentence) : failureOf(request.id, sentence));
			this.#endIfAnswered();
		}, seconds * 1000);
	}

	/** @returns whether it was waited for */
	#settle(id: RequestId, outcome: Outcome): boolean {
		const waiting = this.#waiting.get(id);
		if (!waiting) return false;
		clearTimeout(waiting.timer);
		this.#waiting.delete(id);
		const { requestId, userId } = this.#options;
		const { request, startedAt } = waiting;
		if (request.method !== "tools/call") return true;
		logToolCall(nameOf(request), { requestId, user: { id: userId } }, outcome, Date.now() - startedAt);
		return true;
	}

	#endIfAnswered(): void {
		if (this.#waiting.size > 0) return;
		this.output.end();
		this.#options.onend();
	}
}

function tokenOf({ params }: AskedRequest): unknown {
	return params?._meta?.progressToken;
}

function nameOf({ method, params }: AskedRequest): string {
	return method === "tools/call" ? String(params?.name).slice(0, 100) : method;
}

/** A failure that the model reads. */
export function toolFailureOf(id: RequestId, text: string): JSONRPCMessage {
	return { jsonrpc: "2.0", id, result: { content: [{ type: "text", text }], isError: true } };
}
