/** The transport between the SDK's `Client` and a child. */
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import type { Pipe } from "../pipe.ts";

export class PipeTransport implements Transport {
	onclose?: () => void;
	onerror?: (error: Error) => void;
	onmessage?: (message: JSONRPCMessage) => void;
	/** Why the child has ended; undefined while it is running. */
	reason: string | undefined;
	readonly #pipe: Pipe;

	constructor(pipe: Pipe) {
		this.#pipe = pipe;
	}

	async start(): Promise<void> {
		this.#pipe.onmessage = (text) => this.onmessage?.(JSON.parse(text));
		this.#pipe.onend = (reason) => {
			this.reason = reason;
			this.onclose?.();
		};
	}

	async send(message: JSONRPCMessage): Promise<void> {
		if (!this.#pipe.send(JSON.stringify(message))) throw new Error("The MCP server does not read what it is sent.");
	}

	async close(): Promise<void> {
		this.#pipe.end();
		this.onclose?.();
	}
}
