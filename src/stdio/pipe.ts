/** The Worker's end of the pipe to one child: a WebSocket that is reopened if it breaks. */
import { setTimeout as delay } from "node:timers/promises";
import { CLOSE, decodeControl, encodeControl, OPENING_HEADER, type Opening, Outbox } from "../bridge/contract.ts";
import { logError } from "../errors.ts";
import { currentRequestId } from "../http/request-id.ts";
import { notStarted, type Refusal, readRefusal, unreachable } from "./refusal.ts";

/** Connects to the bridge program: opens `/pipe` with these headers. */
export type Connect = (headers: Record<string, string>) => Promise<Response>;

/** How often, and at which interval, a broken pipe is reopened. The product is about as long as a child is kept. */
const ATTEMPTS = 20;
const ATTEMPT_MILLISECONDS = 2_500;
const FIRST_MILLISECONDS = 250;
/** How long the first frame of the program may take. A container may have to start first. */
const OPEN_MILLISECONDS = 60_000;

/** What may wait for all children of a user: an object has 128 MB, and shares them. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

const encoder = new TextEncoder();

export class Pipe {
	/** Called with the original text of each message of the child. */
	onmessage: (text: string) => void = () => {};
	/** Called once, when the child has ended, with the reason as a sentence for users. */
	onend: (reason: string) => void = () => {};
	readonly #connect: Connect;
	readonly #opening: Opening;
	readonly #waitingBytes: () => number;
	readonly #outbox = new Outbox();
	/** How many messages of the child have been handled. */
	#taken = 0;
	/** How many of the next messages are repeated, and have already been handled. */
	#known = 0;
	#socket: WebSocket | undefined;
	/** Whether the other end has sent its counts. */
	#isReady = false;
	#hasEnded = false;

	/**
	 * @param opening starts a child, or resumes one whose pipe was lost
	 * @param waitingBytes what waits for all children of the user, to which this one belongs
	 */
	static async open(connect: Connect, opening: Opening, waitingBytes = () => 0): Promise<Pipe | Refusal> {
		const pipe = new Pipe(connect, opening, waitingBytes);
		return (await pipe.#open(opening)) ?? pipe;
	}

	private constructor(connect: Connect, opening: Opening, waitingBytes: () => number) {
		this.#connect = connect;
		this.#waitingBytes = waitingBytes;
		this.#opening = opening;
	}

	/** What waits for the child; undefined if it has ended. */
	get waitingBytes(): number | undefined {
		return this.#hasEnded ? undefined : this.#outbox.bytes;
	}

	/** @returns false if the child has ended, or too many messages are waiting for it */
	send(text: string): boolean {
		const bytes = encoder.encode(text).length;
		if (this.#hasEnded || !this.#outbox.hasRoom(bytes) || this.#waitingBytes() + bytes > MAX_WAITING_BYTES)
			return false;
		this.#outbox.add(text, bytes);
		if (this.#socket && this.#isReady) send(this.#socket, text);
		return true;
	}

	/** Ends the child. */
	end(): void {
		if (this.#hasEnded) return;
		this.#hasEnded = true;
		this.#socket?.close(CLOSE.end, "The session has ended.");
	}

	/** @returns a refusal if the pipe could not be opened */
	async #open(opening: Opening): Promise<Refusal | undefined> {
		const { promise, resolve } = Promise.withResolvers<Refusal | undefined>();
		let isLate = false;
		const timer = setTimeout(() => {
			isLate = true;
			resolve(unreachable(`The program did not speak within ${OPEN_MILLISECONDS} ms`));
		}, OPEN_MILLISECONDS);
		const headers = { Upgrade: "websocket", [OPENING_HEADER]: encodeURIComponent(JSON.stringify(opening)) };
		const listen = async (response: Response) => {
			const { webSocket: socket } = response;
			if (!socket) return resolve(await readRefusal(response));
			this.#listen(socket, resolve, () => isLate);
		};
		this.#connect(headers)
			.then(listen)
			.catch((error) => resolve(unreachable(error)));
		const refusal = await promise;
		clearTimeout(timer);
		return refusal;
	}

	/** @param opened called when the first frame has arrived, or with a refusal if none will */
	#listen(socket: WebSocket, opened: (refusal?: Refusal) => void, isLate: () => boolean): void {
		this.#socket = socket;
		this.#isReady = false;
		// The program sends the first frame when the child has started.
		socket.addEventListener("message", ({ data }) => {
			// The opening has timed out. The program keeps the child for a minute.
			if (isLate()) return socket.close();
			try {
				this.#read(String(data), socket);
				opened();
			} catch (error) {
				this.#breakOff(socket, opened, error);
			}
		});
		socket.addEventListener("close", ({ code, reason }) => {
			if (!this.#isReady) opened(code === CLOSE.childEnded ? notStarted(reason) : unreachable(`closed (${code})`));
			else if (code === CLOSE.childEnded || code === CLOSE.replaced) this.#finish(reason);
			else void this.#reopen(socket);
		});
		socket.addEventListener("error", () => this.#isReady && void this.#reopen(socket));
		socket.accept();
	}

	/** Ends a pipe whose other end breaks the contract: a child in a container may have taken the program over. */
	#breakOff(socket: WebSocket, opened: (refusal: Refusal) => void, error: unknown): void {
		logError("stdio_pipe_broken", error, currentRequestId());
		opened(unreachable(error));
		socket.close(CLOSE.end, "This is not the contract.");
		this.#finish("The connection to the MCP server broke.");
	}

	#read(text: string, socket: WebSocket): void {
		const control = decodeControl(text);
		if (control) {
			this.#outbox.take(control.taken);
			if (control.sent !== undefined) this.#begin(control.sent, control.got, socket);
		} else if (this.#known > 0) {
			this.#known--;
		} else if (!this.#hasEnded) {
			this.#taken++;
			this.onmessage(text);
			send(socket, encodeControl({ taken: this.#taken }));
		}
	}

	/** Handles the first frame of the other end. */
	#begin(sent: number, got: number | undefined, socket: WebSocket): void {
		if (this.#hasEnded) {
			socket.close(CLOSE.end, "The session has ended.");
			return;
		}
		// If this end has no count, for example after a restart, it starts with the count of the other end.
		if (this.#taken === 0) this.#taken = sent;
		this.#known = this.#taken - sent;
		this.#isReady = true;
		send(socket, encodeControl({ taken: this.#taken }));
		for (const missing of this.#outbox.missing(got)) send(socket, missing);
	}

	/** Reopens the pipe after it broke. The child may still be running. */
	async #reopen(broken: WebSocket): Promise<void> {
		if (this.#socket !== broken) return;
		this.#socket = undefined;
		for (let attempt = 0; attempt < ATTEMPTS && !this.#hasEnded; attempt++) {
			// Wait first, so that a container that has just ended is not started again.
			await delay(attempt > 0 ? ATTEMPT_MILLISECONDS : FIRST_MILLISECONDS);
			if (this.#hasEnded) return;
			const refusal = await this.#open({ ...this.#opening, isNew: false });
			if (!refusal) return;
			if (refusal.status < 500) break;
		}
		this.#finish("The connection to the MCP server was lost.");
	}

	#finish(reason: string): void {
		if (this.#hasEnded) return;
		this.#hasEnded = true;
		this.onend(reason);
	}
}

function send(socket: WebSocket, text: string): void {
	try {
		socket.send(text);
	} catch {
		// The socket is closed, and its close event follows.
	}
}
