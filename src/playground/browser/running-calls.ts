/** The calls that run on a connection, and at which of them a question is asked. */
import { type InputRequiredResult, isInputRequiredResult } from "@modelcontextprotocol/client";
import { type Ask, callOptions } from "./connection.ts";
import { askIn } from "./questions.ts";

export type RunningCall = {
	readonly title: string;
	readonly signal: AbortSignal;
	/** Where questions are asked. */
	readonly place: HTMLElement;
};

/** The answers that a request of the stateless era brings along; none the first time. */
export type Answers = Pick<InputRequiredResult, "requestState"> & { readonly inputResponses?: Record<string, unknown> };

export type Send<Result> = (answers: Answers, options: ReturnType<typeof optionsOf>) => Promise<Result>;

const optionsOf = (id: string, signal: AbortSignal) => ({ ...callOptions(id), signal, allowInputRequired: true });

export class RunningCalls {
	readonly #running = new Map<string, RunningCall>();

	/** Sends a request until it has its result. In the stateless era a question is a result too, and so of this call. */
	async run<Result>(call: RunningCall, send: Send<Result>): Promise<Result> {
		const id = crypto.randomUUID();
		this.#running.set(id, call);
		try {
			for (let answers: Answers = {}; ; ) {
				const result: unknown = await send(answers, optionsOf(id, call.signal));
				if (!isInputRequiredResult(result)) return result as Result;
				answers = { ...(await answersTo(result, call)) };
			}
		} finally {
			this.#running.delete(id);
		}
	}

	/** Asks at the call, or, if nothing tells which call it is, at the last one, and says that it may be another's. */
	readonly ask: Ask = async (question, signal, id) => {
		const known = id === undefined ? undefined : this.#running.get(id);
		const calls = [...this.#running.values()];
		const call = known ?? calls.at(-1);
		if (!call) return { action: "decline" };
		const isSure = known !== undefined || calls.length === 1;
		const note = isSure ? undefined : `One of these calls asks: ${calls.map(({ title }) => title).join(", ")}.`;
		return askIn(call.place, question, AbortSignal.any([signal, call.signal]), note);
	};
}

async function answersTo({ inputRequests = {}, requestState }: InputRequiredResult, call: RunningCall) {
	const answers = Object.entries(inputRequests).map(async ([key, { method, params }]) => {
		if (method !== "elicitation/create") throw new Error(`The server asks for ${method}, which the playground lacks.`);
		const isForm = params.mode !== "url";
		return [key, isForm ? await askIn(call.place, params, call.signal) : { action: "decline" }] as const;
	});
	const inputResponses = Object.fromEntries(await Promise.all(answers));
	call.signal.throwIfAborted();
	return { inputResponses, ...(requestState !== undefined && { requestState }) };
}
