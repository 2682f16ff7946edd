/** The protocol between the Worker and the bridge program. */

/**
 * `GET /pipe` with an upgrade to a WebSocket opens the pipe to one child. The request has `Authorization: Bearer
 * <secret>` and the opening below. If it is refused, the response is a status and `{"error": "<sentence>"}`: 401 if the
 * secret is wrong, 404 if there is no such child to resume, 429 if the user has too many children, 503 if there are too
 * many in all.
 */
export const PIPE_PATH = "/pipe";

/** The header with the opening, as percent-encoded JSON. */
export const OPENING_HEADER = "X-Pipe-Opening";

/** The child and its user, sent once when a pipe is opened. */
export type Opening = {
	/** The name of the child while it runs. */
	readonly child: string;
	/** Whether to start it. If not, it is resumed after its pipe broke, and untaken messages are sent again. */
	readonly isNew: boolean;
	/** The user. The child gets these values in its environment. */
	readonly user: {
		readonly id: string;
		readonly login: string;
		/** Separated by commas. */
		readonly permissions: string;
	};
};

/**
 * Each frame is text: one JSON-RPC message in its original form, or a control message as JSON after an equals sign.
 * Binary frames would arrive out of order, because the Container class passes them on later than text.
 */
export type Control = {
	/** How many messages this end has taken since the child was started. Sent as soon as a message is handled. */
	readonly taken: number;
	/** In the first frame of the program: how many messages it has got, including those that the child has not read. */
	readonly got?: number | undefined;
	/**
	 * In the first frame of the program, even if a child is resumed: how many messages of the child were sent before the
	 * next one. The Worker's end skips those that it has. If it is new, its count starts here.
	 */
	readonly sent?: number | undefined;
};

const CONTROL = "=";

export function encodeControl(control: Control): string {
	return CONTROL + JSON.stringify(control);
}

/**
 * @returns undefined for a message
 * @throws Error if the frame breaks this contract
 */
export function decodeControl(frame: string): Control | undefined {
	if (!frame.startsWith(CONTROL)) return undefined;
	const { taken, got, sent } = Object(JSON.parse(frame.slice(CONTROL.length)));
	if (isCount(taken) && [got, sent].every((one) => one === undefined || isCount(one))) return { taken, got, sent };
	throw new Error("A control message has wrong counts");
}

function isCount(value: unknown): value is number {
	return Number.isSafeInteger(value) && Number(value) >= 0;
}

/**
 * The window for messages in flight in one direction, in bytes of UTF-8: WebSockets of Workers have no backpressure. A
 * message is sent if it fits beside the messages that the other end has not taken, or if there are none.
 */
export const WINDOW_BYTES = 16 * 1024 * 1024;
/** The memory for a message beside its text: what is in flight must not be a million tiny messages. */
const OVERHEAD_BYTES = 1024;

/** In bytes. If a child's message is larger, it is not sent, and its call fails. The program accepts another limit. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** The close codes of a pipe. The close reason is a sentence. After any other code, the child may be resumed. */
export const CLOSE = {
	/** To the program: end the child. */
	end: 4000,
	/** From the program: the child has ended, or could not be started. */
	childEnded: 4001,
	/** From the program: another pipe of the child has replaced this one. */
	replaced: 4002,
} as const;

/** The messages that one end has sent and the other has not taken yet. They are sent again if the pipe breaks. */
export class Outbox {
	readonly #sent: { readonly text: string; readonly bytes: number }[] = [];
	#bytes = 0;
	#taken = 0;

	/** How many messages the other end has taken in all. */
	get taken(): number {
		return this.#taken;
	}

	/** What the messages take that the other end has not taken. */
	get bytes(): number {
		return this.#bytes;
	}

	/** Whether a message of this size may be sent now. */
	hasRoom(bytes: number): boolean {
		return this.#bytes === 0 || this.#bytes + bytes + OVERHEAD_BYTES <= WINDOW_BYTES;
	}

	add(text: string, bytes: number): void {
		this.#sent.push({ text, bytes: bytes + OVERHEAD_BYTES });
		this.#bytes += bytes + OVERHEAD_BYTES;
	}

	/** @param count how many messages the other end has taken in all */
	take(count: number): void {
		for (const { bytes } of this.#sent.splice(0, count - this.#taken)) this.#bytes -= bytes;
		this.#taken = Math.max(this.#taken, count);
	}

	/** The messages that the other end has not got, the oldest first. @param got how many it has got in all */
	missing(got = this.#taken): string[] {
		return this.#sent.slice(Math.max(0, got - this.#taken)).map(({ text }) => text);
	}
}
