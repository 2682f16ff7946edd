/** The open calls of one user's stateless requests, and those of them that wait for the client to come back. */
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

/** The requests whose answer may be a question (MCP 2026-07-28). */
export const MAY_ASK = new Set(["tools/call", "prompts/get", "resources/read"]);

const LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] as const;

type Waiting = { readonly call: OpenCall; readonly timer: ReturnType<typeof setTimeout> };

export class Calls {
	/** In the order of arrival. */
	readonly #open = new Set<OpenCall>();
	/** By `requestState`, which only the user has seen to whom it was given. */
	readonly #waiting = new Map<string, Waiting>();
	readonly #inputMilliseconds: number;

	/** @param inputMilliseconds how long a call waits for its client to come back */
	constructor(inputMilliseconds: number) {
		this.#inputMilliseconds = inputMilliseconds;
	}

	get size(): number {
		return this.#open.size;
	}

	/**
	 * Serves a request of the client: a new one, or one that comes back with answers.
	 *
	 * @param until ends it, when the client hangs up or the deadline has passed
	 * @param send sends a new one to the child
	 */
	async serve(
		{ method }: JSONRPCRequest,
		context: ServerContext,
		until: AbortSignal,
		send: (call: () => ServerContext | undefined, signal: AbortSignal) => Promise<Result>,
	): Promise<Result> {
		const state = context.mcpReq.requestState<string>();
		const call: OpenCall =
			state === undefined
				? new OpenCall(method, (signal) => send(() => call.context, signal))
				: this.#take(state, method);
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

	/** The child asks. It does not say during which call: the most recent one that can ask is meant. */
	ask(request: JSONRPCRequest): Promise<Result> {
		const call = [...this.#open].findLast(({ method, context }) => MAY_ASK.has(method) && context);
		if (!call) throw refusal(request.method);
		return call.ask(request);
	}

	/** The child says something about no call in particular. */
	async notify({ params }: Notification): Promise<void> {
		const context = [...this.#open].findLast((call) => call.context)?.context;
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
