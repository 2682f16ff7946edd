/** One stdio MCP server as a process: messages in, messages out, and the end of it. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { type JSONRPCMessage, JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import type { Variables } from "./environment.ts";
import { eachLine } from "./lines.ts";
import { log, messageOf, shorten } from "./log.ts";
import { AS_GROUP, endGroup, isGroupGone, watchGroup } from "./process-group.ts";

export type Command = { readonly file: string; readonly args: readonly string[] };

/** Screenshots and documents come as one line; without a limit a child could fill the memory. */
const MAX_LINE_CHARACTERS = 64 * 1024 * 1024;
const MAX_LOG_CHARACTERS = 4_000;
/** How long a child may take to end after its stdin was closed, and then after SIGTERM. */
const CLOSE_MILLISECONDS = 1_500;
const TERM_MILLISECONDS = 3_000;

export class Child {
	/** What the child says. A line that is no message of JSON-RPC is left out. */
	onmessage: (message: JSONRPCMessage) => void = () => {};
	/** Called once, when the child has ended; says why in a sentence for people. */
	onend: (reason: string) => void = () => {};
	readonly #process: ChildProcessWithoutNullStreams;
	readonly #session: string;
	#hasEnded = false;
	#ending: Promise<void> | undefined;

	/** @param session what the child's lines in the log are marked with */
	constructor({ file, args }: Command, env: Variables, session: string) {
		this.#session = session;
		// The type of an environment claims to hold the Worker's own variables.
		this.#process = spawn(file, args, { ...AS_GROUP, env: env as NodeJS.ProcessEnv, stdio: "pipe" });
		if (this.#process.pid !== undefined) watchGroup(this.#process.pid);
		this.#process.on("error", (error) => this.#finish(`The MCP server could not be started (${error.message}).`));
		// The output that is still on its way comes before "close"; who holds it open is ended first.
		this.#process.on("exit", () => void this.#endGroup().then(() => this.#finish(this.#reason())));
		this.#process.on("close", () => this.#finish(this.#reason()));
		// Writing to a child that has just died; its end is reported by "exit".
		this.#process.stdin.on("error", () => {});
		eachLine(this.#process.stdout, MAX_LINE_CHARACTERS, (line) => this.#read(line));
		eachLine(this.#process.stderr, MAX_LOG_CHARACTERS, (line) => log("child_stderr", { session, line }));
	}

	get pid(): number | undefined {
		return this.#process.pid;
	}

	send(message: JSONRPCMessage): void {
		if (!this.#hasEnded) this.#process.stdin.write(`${JSON.stringify(message)}\n`);
	}

	/** Ends the child and all that it has started, gently first. Resolves when nothing of it is left. */
	end(): Promise<void> {
		this.#ending ??= this.#end();
		return this.#ending;
	}

	async #end(): Promise<void> {
		const { pid } = this.#process;
		this.#process.stdin.end();
		if (pid !== undefined && !(await isGroupGone(pid, CLOSE_MILLISECONDS))) await this.#endGroup();
	}

	async #endGroup(): Promise<void> {
		if (this.pid !== undefined) await endGroup(this.pid, TERM_MILLISECONDS);
	}

	#read(line: string): void {
		if (line.trim() === "") return;
		const message = parseMessage(line);
		if (message) this.onmessage(message);
		else log("child_garbage", { session: this.#session, line: shorten(line) });
	}

	#reason(): string {
		const { exitCode, signalCode } = this.#process;
		return `The MCP server ended (${signalCode ?? `exit code ${exitCode}`}).`;
	}

	#finish(reason: string): void {
		if (this.#hasEnded) return;
		this.#hasEnded = true;
		log("child_end", { session: this.#session, pid: this.pid, reason });
		this.onend(reason);
	}
}

function parseMessage(line: string): JSONRPCMessage | undefined {
	try {
		return JSONRPCMessageSchema.safeParse(JSON.parse(line)).data;
	} catch {
		return undefined;
	}
}

/** @returns a child; or why there is none, if it cannot even be tried */
export function startChild(command: Command, env: Variables, session: string): Child | string {
	try {
		return new Child(command, env, session);
	} catch (error) {
		return `The MCP server could not be started (${messageOf(error)}).`;
	}
}
