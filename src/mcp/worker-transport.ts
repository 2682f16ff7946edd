/** The transport for one POST in the Worker. The response is JSON, or an event stream if notifications come first. */
import type { JSONRPCMessage, LoggingLevel, RequestId, Transport } from "@modelcontextprotocol/server";
import { eventOf, openEventStream, type StreamWriter } from "./event-stream.ts";
import { isAnswer, isLogged, logLevelOf } from "./outgoing.ts";

type WorkerOptions = {
	/** The ids of the requests to answer. */
	readonly ids: readonly RequestId[];
	readonly isBatch: boolean;
	/** The lowest level of log messages that the client wants. It is read only if there are log messages. */
	readonly logLevel: () => Promise<LoggingLevel | "off" | undefined>;
	readonly keepAliveMilliseconds?: number;
	/** Called if the client disconnects before all requests are answered. */
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

	/** Ends the response because of an internal error. */
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
		// This has no effect if the stream is already the response.
		this.#resolve(Response.json(this.#options.isBatch ? this.#answers : this.#answers[0]));
	}
}
