/** One stdio MCP server as a child process: sends and receives its messages, and ends it. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import type { Variables } from "./environment.ts";
import { eachLine, type Rest } from "./lines.ts";
import { log, messageOf, shorten } from "./log.ts";
import { Outline } from "./outline.ts";
import { AS_GROUP, endGroup, isGroupGone, watchGroup } from "./process-group.ts";

export type Command = { readonly file: string; readonly args: readonly string[] };

const MAX_LOG_CHARACTERS = 4_000;
/** How long a child may take to end after its stdin is closed, and then after SIGTERM. */
const CLOSE_MILLISECONDS = 1_500;
const TERM_MILLISECONDS = 3_000;
/** A process that left the group may hold the output open, so an ended child's output ends after this silence. */
const SILENCE_MILLISECONDS = 500;
/** JSON-RPC 2.0, section 5.1: a code for server errors. */
const FAILED = -32000;

export class Child {
	/** Called with the original text of each message. A line that is not a JSON-RPC message is skipped. */
	onmessage: (text: string) => void = () => {};
	/** Called once, when the child has ended and its output has been read, with the reason as a sentence for users. */
	onend: (reason: string) => void = () => {};
	readonly #process: ChildProcessWithoutNullStreams;
	/** The id of the child in the log. */
	readonly #id: string;
	readonly #maxBytes: number;
	readonly #ended = Promise.withResolvers<void>();
	#hasEnded = false;
	#isEnding = false;

	/** @param maxBytes the maximum size of a message; if the answer to a call is larger, the call fails */
	constructor({ file, args }: Command, env: Variables, id: string, maxBytes: number) {
		this.#id = id;
		this.#maxBytes = maxBytes;
		// The type ProcessEnv requires the Worker's own variables.
		this.#process = spawn(file, args, { ...AS_GROUP, env: env as NodeJS.ProcessEnv, stdio: "pipe" });
		const { pid, stdin, stdout, stderr } = this.#process;
		log("child_start", { child: id, pid });
		if (pid !== undefined) watchGroup(pid);
		this.#process.on("error", (error) => this.#finish(`The MCP server could not be started (${error.message}).`));
		this.#process.on("exit", () => void this.#leave());
		// A write to a child that has just ended fails. The event "exit" reports the end.
		stdin.on("error", () => {});
		eachLine(
			stdout,
			maxBytes,
			(line) => this.#read(line),
			() => this.#readOutline(),
		);
		eachLine(stderr, MAX_LOG_CHARACTERS, (line) => log("child_stderr", { child: id, line }));
	}

	/** Undefined if the child could not be started. */
	get pid(): number | undefined {
		return this.#process.pid;
	}

	/** Whether reading from the child is paused, so that it has to wait. */
	set isPaused(isPaused: boolean) {
		if (isPaused) this.#process.stdout.pause();
		else this.#process.stdout.resume();
	}

	/** @param taken called when the text is written to the child's stdin; never called if the child has ended */
	send(text: string, taken: () => void): void {
		if (!this.#hasEnded) this.#process.stdin.write(`${text}\n`, (error) => !error && taken());
	}

	/** Ends the child and all processes that it started, gently first. Resolves after `onend`. */
	end(): Promise<void> {
		this.isPaused = false;
		if (!this.#isEnding && !this.#hasEnded) void this.#end();
		return this.#ended.promise;
	}

	async #end(): Promise<void> {
		this.#isEnding = true;
		this.#process.stdin.end();
		if (this.pid !== undefined && !(await isGroupGone(this.pid, CLOSE_MILLISECONDS))) await this.#endGroup();
	}

	async #endGroup(): Promise<void> {
		if (this.pid !== undefined) await endGroup(this.pid, TERM_MILLISECONDS);
	}

	/** Called when the process has exited. Its own children may still run, and its last output may not be read yet. */
	async #leave(): Promise<void> {
		const { stdout, stderr } = this.#process;
		const closed = once(this.#process, "close");
		await this.#endGroup();
		let isSilent = false;
		stdout.on("data", () => {
			isSilent = false;
		});
		const timer = setInterval(() => {
			if (isSilent && !stdout.isPaused()) for (const stream of [stdout, stderr]) stream.destroy();
			isSilent = true;
		}, SILENCE_MILLISECONDS);
		await closed;
		clearInterval(timer);
		this.#finish(this.#reason());
	}

	#read(line: string): void {
		if (line.trim() === "") return;
		const message = parse(line);
		if (isMessage(message)) {
			this.onmessage(line);
		} else if (Array.isArray(message) && message.every(isMessage)) {
			for (const one of message) this.onmessage(JSON.stringify(one));
		} else log("child_garbage", { child: this.#id, line: shorten(line) });
	}

	/** Reads a line that is too long to be kept. */
	#readOutline(): Rest {
		const outline = new Outline();
		return {
			add: (piece) => outline.add(piece),
			end: (bytes) => this.#refuse(outline.read(), bytes),
		};
	}

	/** Sends an error in place of a message that is too large to pass on. */
	#refuse({ id, method, ...rest }: Message, bytes: number): void {
		const sizes = `${inMebibytes(bytes)}, at most ${inMebibytes(this.#maxBytes)} is passed on`;
		log("message_too_large", { child: this.#id, bytes, method: typeof method === "string" ? method : undefined });
		if (typeof id !== "string" && typeof id !== "number") return;
		const message = `The ${method === undefined ? "answer" : "request"} of the MCP server is too large: ${sizes}. Ask for less at once.`;
		const answer = JSON.stringify({ jsonrpc: "2.0", id, error: { code: FAILED, message } });
		if (method !== undefined) this.send(answer, () => {});
		else if ("result" in rest || "error" in rest) this.onmessage(answer);
	}

	#reason(): string {
		const { exitCode, signalCode } = this.#process;
		return `The MCP server ended (${signalCode ?? `exit code ${exitCode}`}).`;
	}

	#finish(reason: string): void {
		if (this.#hasEnded) return;
		this.#hasEnded = true;
		log("child_end", { child: this.#id, pid: this.pid, reason });
		this.onend(reason);
		this.#ended.resolve();
	}
}

type Message = {
	readonly id?: unknown;
	readonly method?: unknown;
	readonly result?: unknown;
	readonly error?: unknown;
};

function isMessage(value: unknown): value is Message {
	return typeof value === "object" && value !== null && "jsonrpc" in value && value.jsonrpc === "2.0";
}

function parse(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return undefined;
	}
}

function inMebibytes(bytes: number): string {
	return `${Math.round((bytes / 1024 / 1024) * 10) / 10} MiB`;
}

/** @returns a child, or a sentence that explains why `spawn` failed */
export function startChild(command: Command, env: Variables, id: string, maxBytes: number): Child | string {
	try {
		return new Child(command, env, id, maxBytes);
	} catch (error) {
		return `The MCP server could not be started (${messageOf(error)}).`;
	}
}
