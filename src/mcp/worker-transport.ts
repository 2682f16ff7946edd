/** The answer to one POST, from within the Worker: JSON, which becomes an event stream if there is something to tell before. */
import type { JSONRPCMessage, LoggingLevel, RequestId, Transport } from "@modelcontextprotocol/server";
import { eventOf, openEventStream, type StreamWriter } from "./event-stream.ts";
import { isAnswer, isLogged, logLevelOf } from "./outgoing.ts";

type WorkerOptions = {
	/** Of the requests that are answered. */
	readonly ids: readonly RequestId[];
	readonly isBatch: boolean;
	/** The least level of log messages that the client wants; asked for only if there are any. */
	readonly logLevel: () => Promise<LoggingLevel | "off" | undefined>;
	readonly keepAliveMilliseconds?: number;
	/** The client left while the stream was open. */
	readonly onhangup?: () => void;
};

export class WorkerTransport implements Transport {
	onmessage?: Transport["onmessage"];
	readonly response: Promise<Response>;
	readonly #options: WorkerOptions;
	readonly #unanswered: Set<RequestId>;
	readonly #answers: JSONRPCMessage[] = [];
	#resolve!: (response: Response) => void;
	#reject!: (error: unknown) => void;
	#stream: StreamWriter | undefined;

	constructor(options: WorkerOptions) {
		this.#options = options;
		this.#unanswered = new Set(options.ids);
		this.response = new Promise((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
	}

	async start(): Promise<void> {}
	async close(): Promise<void> {}

	async send(message: JSONRPCMessage): Promise<void> {
		if (isAnswer(message)) {
			if (message.id === undefined || !this.#unanswered.delete(message.id)) return;
			this.#answers.push(message);
			this.#stream?.write(eventOf(message));
			if (this.#unanswered.size === 0) this.#end();
			return;
		}
		if ("id" in message) throw new Error("Nobody can be asked here: the tool or prompt does not say `asks`");
		const level = logLevelOf(message);
		if (level !== undefined && !isLogged(level, await this.#options.logLevel())) return;
		if (this.#unanswered.size > 0) this.#open().write(eventOf(message));
	}

	/** There will be no answer, through a fault of ours. */
	fail(error: unknown): void {
		this.#stream?.end();
		this.#reject(error);
	}

	#open(): StreamWriter {
		if (this.#stream) return this.#stream;
		const { keepAliveMilliseconds, onhangup } = this.#options;
		const { response, writer } = openEventStream({
			...(keepAliveMilliseconds && { keepAliveMilliseconds }),
			onend: () => this.#unanswered.size > 0 && onhangup?.(),
		});
		this.#stream = writer;
		for (const answer of this.#answers) writer.write(eventOf(answer));
		this.#resolve(response);
		return writer;
	}

	#end(): void {
		this.#stream?.end();
		// Nothing, if the stream was the answer.
		this.#resolve(Response.json(this.#options.isBatch ? this.#answers : this.#answers[0]));
	}
}
