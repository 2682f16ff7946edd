/** The bridge's end of a pipe: passes messages between a child and the WebSocket to the Worker. */
import type { WebSocket } from "ws";
import type { Child } from "./child.ts";
import { CLOSE, decodeControl, encodeControl, type Opening, Outbox } from "./contract.ts";
import { log, messageOf } from "./log.ts";

const PING_MILLISECONDS = 30_000;
/** RFC 6455, section 7.4.1. */
const WRONG_FRAME = 1007;
/** The maximum length of a close reason (RFC 6455, section 5.5.1). */
const MAX_REASON_BYTES = 123;

export class ChildPipe {
	readonly user: Opening["user"];
	readonly #child: Child;
	readonly #keepMilliseconds: number;
	readonly #outbox = new Outbox();
	/** Messages that do not fit into the window yet: at most those in one piece of the child's output. */
	readonly #waiting: string[] = [];
	/** How many messages of the Worker have arrived, and how many of them the child has taken. */
	#got = 0;
	#taken = 0;
	#socket: WebSocket | undefined;
	#keeping: NodeJS.Timeout | undefined;
	/** Why the child has ended. */
	#reason: string | undefined;
	#isOver = false;

	constructor(child: Child, user: Opening["user"], keepMilliseconds: number, onend: () => void) {
		this.user = user;
		this.#child = child;
		this.#keepMilliseconds = keepMilliseconds;
		child.onmessage = (text) => {
			this.#waiting.push(text);
			this.#flush();
		};
		child.onend = (reason) => {
			this.#reason = reason;
			if (this.#isOver) onend();
			else this.#flush();
		};
		this.#onend = onend;
	}

	/** Called once, when the child has ended and its messages will not be fetched any more. */
	readonly #onend: () => void;

	/** Whether the child is ending or has ended, so that it cannot be resumed. */
	get isOver(): boolean {
		return this.#isOver;
	}

	/** Attaches a socket, which replaces the previous one. */
	attach(socket: WebSocket): void {
		keepAlive(socket);
		clearTimeout(this.#keeping);
		const before = this.#socket;
		this.#socket = socket;
		before?.close(CLOSE.replaced, "The child has another pipe now.");
		// Ignore later messages of the previous socket: the first frame on this one does not count them.
		socket.on("message", (data) => {
			if (this.#socket !== socket) return;
			try {
				this.#fromWorker(String(data));
			} catch (error) {
				log("bridge_error", { message: messageOf(error) });
				socket.close(WRONG_FRAME);
			}
		});
		socket.on("close", (code) => this.#detach(socket, code));
		// If the child could not be started, only the close follows.
		if (this.#child.pid !== undefined) {
			socket.send(encodeControl({ taken: this.#taken, got: this.#got, sent: this.#outbox.taken }));
		}
		for (const text of this.#outbox.missing()) socket.send(text);
		this.#flush();
	}

	/** Ends the child. */
	end(): Promise<void> {
		return this.#child.end();
	}

	/** @throws Error if the frame breaks the contract */
	#fromWorker(frame: string): void {
		const control = decodeControl(frame);
		if (control) {
			this.#outbox.take(control.taken);
			this.#flush();
			return;
		}
		this.#got++;
		this.#child.send(frame, () => {
			this.#taken++;
			this.#socket?.send(encodeControl({ taken: this.#taken }));
		});
	}

	#detach(socket: WebSocket, code: number): void {
		if (this.#socket !== socket) return;
		this.#socket = undefined;
		// The other end repeats the close code that it received (RFC 6455, section 5.5.1).
		if (code === CLOSE.end || code === CLOSE.childEnded) this.#letGo();
		else this.#keeping = setTimeout(() => this.#letGo(), this.#keepMilliseconds);
	}

	/** Drops all further messages of the child, and ends it. When it has ended, there is room for another child. */
	#letGo(): void {
		this.#isOver = true;
		this.#child.onmessage = () => {};
		if (this.#reason === undefined) void this.end();
		else this.#onend();
	}

	/** Sends the messages that fit into the window. While any are left, the child is paused. */
	#flush(): void {
		for (let text = this.#waiting[0]; text !== undefined; text = this.#waiting[0]) {
			const bytes = Buffer.byteLength(text);
			if (!this.#outbox.hasRoom(bytes)) break;
			this.#waiting.shift();
			this.#outbox.add(text, bytes);
			this.#socket?.send(text);
		}
		this.#child.isPaused = this.#waiting.length > 0;
		if (this.#reason !== undefined && this.#waiting.length === 0) {
			this.#socket?.close(CLOSE.childEnded, shortened(this.#reason));
		}
	}
}

function shortened(reason: string): string {
	const bytes = Buffer.from(reason).subarray(0, MAX_REASON_BYTES);
	return bytes.toString().replace(/\uFFFD$/, "");
}

/** Detects a Worker that is gone without a close. The child is then kept until the Worker reconnects. */
function keepAlive(socket: WebSocket): void {
	let isAlive = true;
	socket.on("pong", () => {
		isAlive = true;
	});
	const timer = setInterval(() => {
		if (!isAlive) return socket.terminate();
		isAlive = false;
		socket.ping();
	}, PING_MILLISECONDS);
	socket.on("close", () => clearInterval(timer));
}
