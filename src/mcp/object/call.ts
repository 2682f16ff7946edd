/** A call that runs in the user's object: its MCP server, its unanswered requests, and the output for answers. */
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
	/** @param text the original JSON text of the message, if there is one */
	write(message: JSONRPCMessage, text?: string): void;
	end(): void;
	/** Whether the client is listening now. Absent if the output accepts answers only. */
	isHeard?(): boolean;
};

export type CallOptions = {
	readonly id: string;
	readonly session: string;
	readonly grantId: string;
	readonly requests: readonly JSONRPCRequest[];
	readonly output: Output;
	/** The lowest level of log messages that the client wants. */
	readonly logLevel: () => LoggingLevel | undefined;
	readonly onend: () => void;
};

/** The id of the `initialize` request that repeats the client's capabilities to a new MCP server. */
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

	/** Starts a plain call, without an MCP server. */
	startPlain(plain: PlainCall, serving: Serving): void {
		const cancelled = new AbortController();
		this.onmessage = () => cancelled.abort();
		plain.run(serving, this, cancelled.signal).catch((error) => {
			logError("plain_call_failed", error, this.id);
			this.abort("This call failed unexpectedly.");
		});
	}

	/**
	 * Passes the requests to an MCP server.
	 *
	 * @param introduced the capabilities and version of the client, if the server needs them
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

	/** Each MCP server numbers its questions from 0, so the call's id is added to the id that the client gets. */
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

	/** Passes on the client's answer to a question. */
	answer(question: number, response: JSONRPCResponse): void {
		this.onmessage?.({ ...response, id: question });
	}

	/** Passes on the client's progress with a question. */
	progress(question: number, notification: JSONRPCNotification): void {
		this.onmessage?.({ ...notification, params: { ...notification.params, progressToken: question } });
	}

	/** Cancels a request, which then gets no answer (MCP 2025-11-25, cancellation). */
	cancel(request: RequestId): void {
		if (!this.#unanswered.delete(request)) return;
		this.#stop(request);
		if (this.#unanswered.size === 0) this.#end();
	}

	/** Stops the handler of a request. Messages that it sends after that are ignored. */
	#stop(request: RequestId): void {
		this.onmessage?.({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: request } });
	}

	/** Ends the call from the server's side. @param why a sentence for the client */
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

/** The error response to a request that was not completed. */
export function failureOf(id: RequestId, why: string): JSONRPCMessage {
	return { jsonrpc: "2.0", id, error: { code: JSON_RPC.transport, message: why } };
}
