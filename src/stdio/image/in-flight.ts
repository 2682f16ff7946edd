/** The client's requests that wait for an answer of the child, and which of them a message of the child belongs to. */
import type { JSONRPCMessage, JSONRPCRequest, RequestId } from "@modelcontextprotocol/sdk/types.js";

type Waiting = {
	readonly progressToken: string | number | undefined;
	/** Whether the client still listens for the answer. */
	isHeard: boolean;
};

export class InFlight {
	/** In the order of arrival. */
	readonly #waiting = new Map<RequestId, Waiting>();

	add({ id, params }: JSONRPCRequest): void {
		this.#waiting.delete(id);
		this.#waiting.set(id, { progressToken: params?._meta?.progressToken, isHeard: true });
	}

	/** @returns whether it was in flight */
	remove(id: RequestId): boolean {
		return this.#waiting.delete(id);
	}

	/** The client has hung up. The request goes on: only `notifications/cancelled` cancels one. */
	unheard(id: RequestId): void {
		const waiting = this.#waiting.get(id);
		if (waiting) waiting.isHeard = false;
	}

	ids(): RequestId[] {
		return [...this.#waiting.keys()];
	}

	hasHeard(): boolean {
		return this.#latest() !== undefined;
	}

	/**
	 * @param message what the child sends, and is no answer
	 * @returns the request to whose stream it goes: the one whose progress it tells, or else the most recent one; nothing,
	 * if no request is in flight
	 */
	relatedTo(message: JSONRPCMessage): RequestId | undefined {
		if ("method" in message && message.method === "notifications/progress") {
			const token = message.params?.progressToken;
			for (const [id, { progressToken, isHeard }] of this.#waiting) {
				if (isHeard && progressToken !== undefined && progressToken === token) return id;
			}
		}
		return this.#latest();
	}

	#latest(): RequestId | undefined {
		return [...this.#waiting].findLast(([, { isHeard }]) => isHeard)?.[0];
	}
}
