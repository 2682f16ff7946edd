/** The requests of one POST that a child is working on, with their output and their deadlines. */
import type { JSONRPCMessage, JSONRPCRequest, RequestId } from "@modelcontextprotocol/server";
import { deadlineSentence, secondsFor } from "../mcp/deadline.ts";
import { failureOf, type Output } from "../mcp/object/call.ts";
import type { RunningCall } from "../mcp/object/placed-sessions.ts";
import { type Caller, logToolCall, type Outcome } from "../mcp/register/call-log.ts";

/** How often questions of the child may restart the deadline of a call. Otherwise it could ask for ever. */
const MAX_RESTARTS = 100;

/** A request, or the known part of one that was made before a restart. */
export type AskedRequest = Pick<JSONRPCRequest, "id" | "method" | "params">;

export type ChildCallOptions = {
	readonly id: string;
	readonly session: string;
	readonly grantId: string;
	readonly caller: Caller;
	readonly requests: readonly AskedRequest[];
	readonly output: Output;
	readonly env: object;
	/** Called to cancel a request at the child. */
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
	#restarts = 0;

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

	/** Whether one of the requests has this progress token. */
	hasProgressToken(token: unknown): boolean {
		return token !== undefined && [...this.#waiting.values()].some(({ request }) => tokenOf(request) === token);
	}

	/** @param text the original JSON text of the child's answer to one of the requests */
	answer(id: RequestId, message: JSONRPCMessage, text?: string): void {
		const isOk = "result" in message;
		const outcome = isOk ? (Object(message.result).isError === true ? "failed" : "ok") : "error";
		if (!this.#settle(id, outcome)) return;
		this.output.write(message, text);
		this.#endIfAnswered();
	}

	/** The client cancelled a request, which then gets no answer (MCP 2025-11-25, cancellation). */
	cancel(id: RequestId): void {
		if (this.#settle(id, "cancelled")) this.#endIfAnswered();
	}

	/** Restarts the deadlines after the child has asked the user, or the user has answered. */
	restartDeadline(): void {
		this.#restarts++;
		if (this.#restarts > MAX_RESTARTS) return;
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
		const { env, caller } = this.#options;
		const isTool = request.method === "tools/call";
		// The child does not declare which tools are long, so all get the long deadline.
		const seconds = secondsFor(isTool ? { long: true } : {}, env);
		return setTimeout(() => {
			const sentence = deadlineSentence(nameOf(request), seconds, caller.requestId);
			this.#options.oncancel(request.id, sentence);
			if (!this.#settle(request.id, "timeout")) return;
			this.output.write(isTool ? toolFailureOf(request.id, sentence) : failureOf(request.id, sentence));
			this.#endIfAnswered();
		}, seconds * 1000);
	}

	/** @returns whether the request was still unanswered */
	#settle(id: RequestId, outcome: Outcome): boolean {
		const waiting = this.#waiting.get(id);
		if (!waiting) return false;
		clearTimeout(waiting.timer);
		this.#waiting.delete(id);
		const { request, startedAt } = waiting;
		if (request.method !== "tools/call") return true;
		logToolCall(nameOf(request), this.#options.caller, outcome, Date.now() - startedAt);
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

/** A failed tool result, which the model reads. */
export function toolFailureOf(id: RequestId, text: string): JSONRPCMessage {
	return { jsonrpc: "2.0", id, result: { content: [{ type: "text", text }], isError: true } };
}
