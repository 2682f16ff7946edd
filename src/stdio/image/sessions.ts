/** All that runs: how many children there may be, which user each belongs to, and the end of all of them. */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { Caller } from "./caller.ts";
import { type Child, type Command, startChild } from "./child.ts";
import { childEnvironment } from "./environment.ts";
import { log, messageOf } from "./log.ts";
import type { Limits } from "./options.ts";
import { Session } from "./session.ts";

export class Sessions {
	readonly limits: Limits;
	readonly #command: Command;
	/** What ends each of them; resolves when nothing of it is left. */
	readonly #running = new Set<(reason: string) => Promise<void>>();
	readonly #ending = new Set<Promise<void>>();
	#isClosed = false;

	constructor(command: Command, limits: Limits) {
		this.#command = command;
		this.limits = limits;
	}

	isFull(): boolean {
		return this.#isClosed || this.#running.size + this.#ending.size >= this.limits.maxSessions;
	}

	/**
	 * Connects a client to a child of its own, which starts with the client's first message.
	 *
	 * @param onend called once, as soon as the session ends
	 */
	open(client: Transport, caller: Caller, id: string, onend: () => void): Session {
		const start = () => this.start(caller, id);
		const session = new Session({ id, caller, client, start, limits: this.limits });
		const release = this.hold((reason) => session.end(reason));
		session.onend = (ending) => {
			release(ending);
			onend();
		};
		return session;
	}

	/** Starts a child as somebody. The caller of this function ends it. */
	start(caller: Caller, session: string): Child | string {
		const child = startChild(this.#command, childEnvironment(process.env, caller), session);
		if (typeof child === "string") log("child_error", { session, message: child });
		else log("child_start", { session, pid: child.pid });
		return child;
	}

	/**
	 * Counts something that runs.
	 *
	 * @param end ends it, if the bridge ends first
	 * @returns to be called when it ends by itself, with what is left to wait for
	 */
	hold(end: (reason: string) => Promise<void>): (ending: Promise<void>) => void {
		this.#running.add(end);
		return (ending) => {
			this.#running.delete(end);
			const settled = ending
				.catch((error) => log("bridge_error", { message: messageOf(error) }))
				.finally(() => this.#ending.delete(settled));
			this.#ending.add(settled);
		};
	}

	/** Ends everything, and starts nothing any more. Resolves when no process is left. */
	async close(): Promise<void> {
		this.#isClosed = true;
		await Promise.allSettled([...this.#running].map((end) => end("The server is being stopped.")));
		await Promise.all(this.#ending);
	}
}
