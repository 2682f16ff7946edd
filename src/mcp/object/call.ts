/** One call that needs a place: its server, the requests that wait for answers, and where these go. */
import {
	type ClientCapabilities,
	isJSONRPCRequest,
	type JSONRPCMessage,
	type JSONRPCNotification,
	type JSONRPCRequest,
	type JSONRPCResponse,
	type LoggingLevel,
	type McpServer,
	type RequestId,
	type Transport,
} from "@modelcontextprotocol/server";
import { logError } from "../../errors.ts";
import { JSON_RPC } from "../../http/json-rpc.ts";
import type { Serving } from "../context.ts";
import { isAnswer, isLogged, logLevelOf } from "../outgoing.ts";
import type { PlainCall } from "../plain-call.ts";

/** Where the messages of a call go. */
export type Output = {
	/** @param text the message as it was written, if it came as JSON */
	write(message: JSONRPCMessage, text?: string): void;
	end(): void;
	/** Of an output that takes more than answers: whether the client listens now. */
	isHeard?(): boolean;
};

export type CallOptions = {
	readonly id: string;
	readonly session: string;
	readonly grantId: string;
	readonly requests: readonly JSONRPCRequest[];
	readonly output: Output;
	/** Of log messages, the least level that the client wants. */
	readonly logLevel: () => LoggingLevel | undefined;
	readonly onend: () => void;
};

/** Of the `initialize` that tells a server what an earlier one was told. */
const INTRODUCTION = "introduction";

export class Call implements Transport {
	onmessage?: Transport["onmessage"];
	onclose?: () => void;
	readonly id: string;
	readonly session: string;
	readonly grantId: string;
	readonly #options: CallOptions;
	readonly #unanswered: Set<RequestId>;
	#server: McpServer | undefined;
	#introduced: (() => void) | undefined;
	#hasEnded = false;

	constructor(options: CallOptions) {
		this.#options = options;
		this.id = options.id;
		this.session = options.session;
		this.grantId = options.grantId;
		this.#unanswered = new Set(options.requests.map(({ id }) => id));
	}

	async start(): Promise<void> {}

	async close(): Promise<void> {
		this.onclose?.();
	}

	/** Begins to answer a plain call, without a server. */
	startPlain(plain: PlainCall, serving: Serving): void {
		const cancelled = new AbortController();
		this.onmessage = () => cancelled.abort();
		plain.run(serving, this, cancelled.signal).catch((error) => {
			logError("plain_call_failed", error, this.id);
			this.abort("This call failed unexpectedly.");
		});
	}

	/**
	 * Has a server answer the requests.
	 *
	 * @param introduced what its client said it can do, in another one's `initialize`, if the server has to know
	 */
	async run(server: McpServer, introduced?: { capabilities: ClientCapabilities; version: string }): Promise<void> {
		this.#server = server;
		await server.connect(this);
		if (introduced) await this.#introduce(introduced.capabilities, introduced.version);
		for (const request of this.#options.requests) this.onmessage?.(request);
	}

	async #introduce(capabilities: ClientCapabilities, version: string): Promise<void> {
		const clientInfo = { name: "", version: "" };
		const introduced = new Promise<void>((resolve) => {
			this.#introduced = resolve;
		});
		const params = { protocolVersion: version, capabilities, clientInfo };
		this.onmessage?.({ jsonrpc: "2.0", id: INTRODUCTION, method: "initialize", params });
		await introduced;
	}

	async send(message: JSONRPCMessage): Promise<void> {
		if (this.#introduced && isAnswer(message) && message.id === INTRODUCTION) {
			this.#introduced();
			this.#introduced = undefined;
			return;
		}
		if (this.#hasEnded) return;
		const { output, logLevel } = this.#options;
		if (isAnswer(message)) {
			if (message.id === undefined || !this.#unanswered.delete(message.id)) return;
			output.write(message);
			if (this.#unanswered.size === 0) this.#end();
			return;
		}
		const level = logLevelOf(message);
		if (level === undefined || isLogged(level, logLevel())) output.write(this.#nameQuestion(message));
	}

	/** Each server counts its questions from 0: the id that the client sees says whose it is. */
	#nameQuestion(message: JSONRPCMessage): JSONRPCMessage {
		if (isJSONRPCRequest(message)) {
			const { params } = message;
			const token = params?._meta?.progressToken;
			const named =
				token === undefined ? params : { ...params, _meta: { ...params?._meta, progressToken: this.#nameOf(token) } };
			return { ...message, id: this.#nameOf(message.id), ...(named && { params: named }) };
		}
		if (!("method" in message) || message.method !== "notifications/cancelled") return message;
		return { ...message, params: { ...message.params, requestId: this.#nameOf(message.params?.requestId) } };
	}

	#nameOf(question: unknown): string {
		return `${this.id}:${question}`;
	}

	/** Takes the client's answer to a question. */
	answer(question: number, response: JSONRPCResponse): void {
		this.onmessage?.({ ...response, id: question });
	}

	/** Takes what the client says of its work on a question. */
	progress(question: number, notification: JSONRPCNotification): void {
		this.onmessage?.({ ...notification, params: { ...notification.params, progressToken: question } });
	}

	/** A request that the client cancelled is not answered (MCP 2025-11-25, cancellation). */
	cancel(request: RequestId): void {
		if (!this.#unanswered.delete(request)) return;
		this.#stop(request);
		if (this.#unanswered.size === 0) this.#end();
	}

	/** Has what answers a request stop; what it sends after that goes nowhere. */
	#stop(request: RequestId): void {
		this.onmessage?.({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: request } });
	}

	/** Ends it from here. @param why for the client */
	abort(why: string): void {
		const unanswered = [...this.#unanswered];
		this.#unanswered.clear();
		for (const id of unanswered) {
			this.#stop(id);
			this.#options.output.write(failureOf(id, why));
		}
		this.#end();
	}

	#end(): void {
		if (this.#hasEnded) return;
		this.#hasEnded = true;
		this.#options.output.end();
		this.#options.onend();
		void this.#server?.close().catch(() => {});
	}
}

/** The answer to a request that came to nothing. */
export function failureOf(id: RequestId, why: string): JSONRPCMessage {
	return { jsonrpc: "2.0", id, error: { code: JSON_RPC.transport, message: why } };
}
