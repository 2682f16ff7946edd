/** The open calls of one user's stateless requests, including those that wait for the client's answers. */
import {
	isInputRequiredResult,
	type JSONRPCRequest,
	type Notification,
	ProtocolError,
	ProtocolErrorCode,
	type Result,
	type ServerContext,
} from "@modelcontextprotocol/server";
import { OpenCall } from "./open-call.ts";
import { refusal } from "./questions.ts";

/** The requests to which the server may respond with a question (MCP 2026-07-28). */
export const MAY_ASK = new Set(["tools/call", "prompts/get", "resources/read"]);

const LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] as const;

type Waiting = { readonly call: OpenCall; readonly timer: ReturnType<typeof setTimeout> };

export class Calls {
	/** The open calls, in the order of arrival. */
	readonly #open = new Set<OpenCall>();
	/** The waiting calls by `requestState`, which only their own user knows. */
	readonly #waiting = new Map<string, Waiting>();
	readonly #inputMilliseconds: number;

	/** @param inputMilliseconds how long a call waits for the client's answers */
	constructor(inputMilliseconds: number) {
		this.#inputMilliseconds = inputMilliseconds;
	}

	get size(): number {
		return this.#open.size;
	}

	/**
	 * Serves a request of the client: a new one, or one that brings answers.
	 *
	 * @param until aborted if the client disconnects or the deadline has passed
	 * @param send sends a new request to the child
	 */
	async serve(
		{ method }: JSONRPCRequest,
		context: ServerContext,
		until: AbortSignal,
		send: (call: () => OpenCall, signal: AbortSignal) => Promise<Result>,
	): Promise<Result> {
		const state = context.mcpReq.requestState<string>();
		const call: OpenCall =
			state === undefined ? new OpenCall(method, (signal) => send(() => call, signal)) : this.#take(state, method);
		this.#open.add(call);
		let isWaiting = false;
		try {
			const result = await call.serve(context, until);
			isWaiting = isInputRequiredResult(result) && !until.aborted;
			return isWaiting ? { ...result, requestState: this.#park(call) } : result;
		} finally {
			if (!isWaiting) this.#open.delete(call);
		}
	}

	/** Handles a question of the child. The child does not name its call, so the latest one that can ask is used. */
	ask(request: JSONRPCRequest): Promise<Result> {
		const call = [...this.#open].findLast(({ method, context }) => MAY_ASK.has(method) && context);
		if (!call) throw refusal(request.method);
		return call.ask(request);
	}

	/** Passes a log message of the child to the latest call. It does not belong to a particular call. */
	async notify({ params }: Notification): Promise<void> {
		const context = [...this.#open].findLast((call) => call.context)?.listener(params);
		const level = LEVELS.find((one) => one === params?.level);
		const logger = typeof params?.logger === "string" ? params.logger : undefined;
		if (level) await context?.mcpReq.log(level, params?.data, logger);
	}

	cancelAll(): void {
		for (const { timer } of this.#waiting.values()) clearTimeout(timer);
		this.#waiting.clear();
		for (const call of this.#open) call.cancel();
		this.#open.clear();
	}

	#take(state: string, method: string): OpenCall {
		const waiting = this.#waiting.get(state);
		if (waiting?.call.method !== method) {
			throw new ProtocolError(
				ProtocolErrorCode.InvalidParams,
				"This request is not waiting for answers any more. Send it anew.",
			);
		}
		this.#waiting.delete(state);
		clearTimeout(waiting.timer);
		return waiting.call;
	}

	#park(call: OpenCall): string {
		const state = crypto.randomUUID();
		const timer = setTimeout(() => {
			this.#waiting.delete(state);
			this.#open.delete(call);
			call.cancel();
		}, this.#inputMilliseconds);
		this.#waiting.set(state, { call, timer });
		return state;
	}
}
