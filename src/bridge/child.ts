/** One stdio MCP server as a child process: sends and receives its messages, and ends it. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { ChildLog, MAX_LINE_LENGTH } from "./child-log.ts";
import type { Variables } from "./environment.ts";
import { eachLine, type Rest } from "./lines.ts";
import { log, messageOf } from "./log.ts";
import { isId, type Message, messagesIn } from "./messages.ts";
import { Outline } from "./outline.ts";
import { AS_GROUP, endGroup, isGroupGone, watchGroup } from "./process-group.ts";
import { shapeProblem } from "./shape.ts";

export type Command = { readonly file: string; readonly args: readonly string[] };

/** How much is shown of a line that is no message. It is often a message that went wrong, and then says private things. */
const MAX_GARBAGE_LENGTH = 300;
/** How long a child may take to end after its stdin is closed, and then after SIGTERM. */
const CLOSE_MILLISECONDS = 1_500;
const TERM_MILLISECONDS = 3_000;
/** A process that left the group may hold the output open, so an ended child's output ends after this silence. */
const SILENCE_MILLISECONDS = 500;
/** It ends without silence after this many times that, and after more bytes than a system keeps of an ended process. */
const MAX_LAST_CHECKS = 6;
const MAX_LAST_BYTES = 4 * 1024 * 1024;
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
	readonly #log: ChildLog;
	readonly #maxBytes: number;
	readonly #ended = Promise.withResolvers<void>();
	#hasEnded = false;
	#isEnding = false;

	/** @param maxBytes the maximum size of a message; if the answer to a call is larger, the call fails */
	constructor({ file, args }: Command, env: Variables, id: string, maxBytes: number) {
		this.#id = id;
		this.#log = new ChildLog(id, env);
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
			(line, bytes) => this.#read(line, bytes),
			() => this.#readOutline(),
		);
		eachLine(stderr, MAX_LINE_LENGTH, (line, bytes) => this.#log.write("child_stderr", line, bytes));
		// A child that runs on without an output can answer nothing.
		stdout.on("end", () => void this.end());
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
		let bytes = 0;
		let checks = 0;
		const close = () => {
			for (const stream of [stdout, stderr]) stream.destroy();
		};
		stdout.on("data", (chunk: Buffer) => {
			isSilent = false;
			bytes += chunk.length;
			if (bytes > MAX_LAST_BYTES) close();
		});
		const timer = setInterval(() => {
			if (stdout.isPaused()) return;
			checks++;
			if (isSilent || checks > MAX_LAST_CHECKS) close();
			isSilent = true;
		}, SILENCE_MILLISECONDS);
		await closed;
		clearInterval(timer);
		this.#finish(this.#reason());
	}

	#read(line: string, bytes: number): void {
		if (line.trim() === "") return;
		const problem = shapeProblem(line);
		if (problem !== undefined) {
			const outline = new Outline();
			outline.add(Buffer.from(line));
			this.#refuse(outline.read(), `too complex: ${problem}`, bytes);
			return;
		}
		const messages = messagesIn(line);
		if (!messages) this.#log.write("child_garbage", line, bytes, MAX_GARBAGE_LENGTH);
		else for (const message of messages) this.onmessage(message);
	}

	/** Reads a line that is too long to be kept. */
	#readOutline(): Rest {
		const outline = new Outline();
		const limit = inMebibytes(this.#maxBytes);
		return {
			add: (piece) => outline.add(piece),
			end: (bytes) =>
				this.#refuse(outline.read(), `too large: ${inMebibytes(bytes)}, at most ${limit} is passed on`, bytes),
		};
	}

	/** Sends an error in place of a message that is not passed on. */
	#refuse({ id, method, ...rest }: Message, problem: string, bytes: number): void {
		this.#log.refuse("message_refused", typeof method === "string" ? method : undefined, { bytes, problem });
		if (!isId(id)) return;
		const message = `The ${method === undefined ? "answer" : "request"} of the MCP server is ${problem}. Ask for less at once.`;
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
