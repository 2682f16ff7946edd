/** What the Worker and the container's program say to each other. The Worker imports nothing else of it. */

/**
 * `GET /pipe` with an upgrade to a WebSocket: the pipe to one child. It brings `Authorization: Bearer <secret>` and the
 * opening below; refused, it gets a status and `{"error": "<sentence>"}`: 401 without the secret, 404 for a child that is
 * not there to be taken up again, 429 when its user has all the children they may have, 503 when there is no more room.
 */
export const PIPE_PATH = "/pipe";

/** The header of the opening, percent-encoded JSON. */
export const OPENING_HEADER = "X-Pipe-Opening";

/** Which child, and for whom: said once, when a pipe is opened. */
export type Opening = {
	/** Names the child, for as long as it lives. */
	readonly child: string;
	/** Whether to start it. If not, it is taken up again after its pipe broke, and what was not taken is sent again. */
	readonly isNew: boolean;
	/** Who calls. The child finds them in its environment. */
	readonly user: {
		readonly id: string;
		readonly login: string;
		/** Separated by commas. */
		readonly permissions: string;
	};
};

/**
 * Frames are text: one JSON-RPC message each, as it was written; or this, as JSON behind an equals sign. Binary frames
 * would overtake: the Container class passes them on later than text.
 */
export type Control = {
	/** How many messages this end has taken since the child was started: each is told as soon as it was handled. */
	readonly taken: number;
	/** In the first frame of the program: how many it has got, those that the child has not read yet among them. */
	readonly got?: number;
	/**
	 * In the first frame of the program, also when a child is taken up again: how many messages of the child were sent
	 * before the one that comes next. The Worker's end skips those that it has; one that is new begins to count here.
	 */
	readonly sent?: number;
};

const CONTROL = "=";

export function encodeControl(control: Control): string {
	return CONTROL + JSON.stringify(control);
}

/** @returns undefined for a message */
export function decodeControl(frame: string): Control | undefined {
	return frame.startsWith(CONTROL) ? JSON.parse(frame.slice(CONTROL.length)) : undefined;
}

/**
 * What may be on its way in one direction, in bytes of UTF-8: WebSockets of Workers have no back-pressure. A message is
 * sent when it fits beside those that the other end has not taken, or when there are none.
 */
export const WINDOW_BYTES = 16 * 1024 * 1024;

/** A larger message of a child is not sent; the call that it answers fails. Bytes; the program may be told another limit. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** Why a pipe closes, for the other end; the reason is a sentence. After any other code it may be taken up again. */
export const CLOSE = {
	/** To the program: end the child. */
	end: 4000,
	/** From the program: the child has ended, or could not be started. */
	childEnded: 4001,
	/** From the program: the child has another pipe now. */
	replaced: 4002,
} as const;

/** What one end has sent and the other has not taken yet: it is sent again if the pipe breaks. */
export class Outbox {
	readonly #sent: { readonly text: string; readonly bytes: number }[] = [];
	#bytes = 0;
	#taken = 0;

	/** How many messages the other end has taken in all. */
	get taken(): number {
		return this.#taken;
	}

	/** Whether a message of this size may be sent now. */
	hasRoom(bytes: number): boolean {
		return this.#bytes === 0 || this.#bytes + bytes <= WINDOW_BYTES;
	}

	add(text: string, bytes: number): void {
		this.#sent.push({ text, bytes });
		this.#bytes += bytes;
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
