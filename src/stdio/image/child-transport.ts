/** A child as the other end of a `Client`. */
import { setImmediate } from "node:timers/promises";
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import type { Child } from "./child.ts";

export class ChildTransport implements Transport {
	onclose?: () => void;
	onerror?: (error: Error) => void;
	onmessage?: (message: JSONRPCMessage) => void;
	/** Why the child has ended; nothing, as long as it runs. */
	reason: string | undefined;
	readonly #child: Child;
	#delivered: Promise<void> = Promise.resolve();

	constructor(child: Child) {
		this.#child = child;
	}

	async start(): Promise<void> {
		this.#child.onmessage = (message) => {
			// One at a time: a client that finds an answer right behind a report of progress forgets the progress.
			this.#delivered = this.#delivered.then(async () => {
				this.onmessage?.(message);
				await setImmediate();
			});
		};
		this.#child.onend = (reason) => {
			this.reason = reason;
			void this.#delivered.then(() => this.onclose?.());
		};
	}

	async send(message: JSONRPCMessage): Promise<void> {
		this.#child.send(message);
	}

	close(): Promise<void> {
		return this.#child.end();
	}
}
