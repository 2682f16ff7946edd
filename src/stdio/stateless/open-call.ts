/**
 * A request of a stateless client that a child is working on. If the child asks something, the response contains the
 * questions, and the client sends a new request with the answers (MCP 2026-07-28, multi round-trip requests). The call
 * to the child waits in the meantime.
 */
import { setTimeout } from "node:timers/promises";
import type { InputRequiredResult, JSONRPCRequest, Result, ServerContext } from "@modelcontextprotocol/server";
import { MAX_QUESTIONS, type Question, questionFor, refusal, tooManyQuestions } from "./questions.ts";

/** A child may ask several questions at once. They arrive one by one, so wait this long for more. */
const COLLECT_MILLISECONDS = 20;
/** The limit of notifications of a child in the response to one request. The SDK keeps all that a client does not read. */
const MAX_TOLD_CHARACTERS = 8 * 1024 * 1024;

type OpenQuestion = {
	readonly question: Question;
	readonly answer: (result: Result) => void;
	readonly refuse: (error: Error) => void;
};

export class OpenCall {
	readonly method: string;
	/** Aborts the call to the child. */
	readonly #abort = new AbortController();
	readonly #result: Promise<Result>;
	readonly #open = new Map<string, OpenQuestion>();
	/** The client's current request; undefined while the client is asking its user. */
	#context: ServerContext | undefined;
	#asked = Promise.withResolvers<void>();
	/** The size of the notifications in the response to the current request. */
	#told = 0;

	/** @param send sends the request to the child */
	constructor(method: string, send: (signal: AbortSignal) => Promise<Result>) {
		this.method = method;
		this.#result = send(this.#abort.signal);
		// `serve` handles the error. While the client is asking its user, nothing waits for the result.
		this.#result.catch(() => {});
	}

	get context(): ServerContext | undefined {
		return this.#context;
	}

	/** The current request, if the response to it may hold this notification. Otherwise the notification is dropped. */
	listener(notification: unknown): ServerContext | undefined {
		this.#told += JSON.stringify(notification)?.length ?? 0;
		return this.#told > MAX_TOLD_CHARACTERS ? undefined : this.#context;
	}

	/** Handles a question of the child. Resolves with the client's answer. */
	ask(request: JSONRPCRequest): Promise<Result> {
		const question = this.#context && questionFor(request, this.#context);
		if (!question) throw refusal(request.method);
		if (this.#open.size >= MAX_QUESTIONS) throw tooManyQuestions();
		return new Promise((answer, refuse) => {
			this.#open.set(crypto.randomUUID(), { question, answer, refuse });
			this.#asked.resolve();
		});
	}

	/**
	 * Continues the call with a request of the client.
	 *
	 * @param until aborted to end the call
	 * @returns the result, or the questions without a `requestState`
	 * @throws ProtocolError if the child responded with an error
	 */
	async serve(context: ServerContext, until: AbortSignal): Promise<Result | InputRequiredResult> {
		this.#context = context;
		this.#told = 0;
		const { inputResponses = {} } = context.mcpReq;
		const giveUp = () => this.cancel();
		until.addEventListener("abort", giveUp);
		try {
			this.#answer(inputResponses);
			await Promise.race([this.#result, this.#asked.promise.then(() => setTimeout(COLLECT_MILLISECONDS))]);
			return this.#open.size === 0 ? await this.#result : this.#inputRequired();
		} finally {
			until.removeEventListener("abort", giveUp);
			this.#context = undefined;
		}
	}

	/** Cancels the call at the child. */
	cancel(): void {
		for (const [, { refuse }] of this.#open) refuse(new Error("The client did not answer"));
		this.#open.clear();
		this.#abort.abort("The client gave the request up");
	}

	#answer(responses: Readonly<Record<string, unknown>>): void {
		for (const [key, { answer }] of this.#open) {
			const response = responses[key];
			if (typeof response !== "object" || response === null) continue;
			this.#open.delete(key);
			answer({ ...response });
		}
		this.#asked = Promise.withResolvers();
		if (this.#open.size > 0) this.#asked.resolve();
	}

	#inputRequired(): InputRequiredResult {
		const entries = [...this.#open].map(([key, { question }]) => [key, question] as const);
		return { resultType: "input_required", inputRequests: Object.fromEntries(entries) };
	}
}
