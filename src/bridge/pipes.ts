/** All children and their pipes. Enforces the limits, and finds children to resume. */
import type { WebSocket } from "ws";
import { type Command, startChild } from "./child.ts";
import { CLOSE, type Opening } from "./contract.ts";
import { childEnvironment } from "./environment.ts";
import type { Limits } from "./options.ts";
import { ChildPipe } from "./pipe.ts";

/** An HTTP error response. */
export type Refusal = { readonly status: number; readonly error: string; readonly retryAfter?: string };

const RETRY_AFTER_SECONDS = "60";

export class Pipes {
	readonly #command: Command;
	readonly #limits: Limits;
	/** The pipes by the name of their child. */
	readonly #pipes = new Map<string, ChildPipe>();

	constructor(command: Command, limits: Limits) {
		this.#command = command;
		this.#limits = limits;
	}

	/** Why a pipe cannot be opened; undefined if it can. */
	refuse({ child, isNew, user }: Opening): Refusal | undefined {
		const pipe = this.#pipes.get(child);
		if (!isNew) {
			const isTheirs = JSON.stringify(pipe?.user) === JSON.stringify(user);
			return isTheirs && !pipe?.isOver ? undefined : { status: 404, error: "There is no such child any more." };
		}
		if (pipe) return { status: 409, error: "There is a child of this name." };
		const theirs = [...this.#pipes.values()].filter((one) => one.user.id === user.id).length;
		if (theirs >= this.#limits.maxChildrenPerUser) {
			const error = `You have ${theirs} sessions of the stdio server open, as many as one user may have. Close one, or wait until one that is not used ends.`;
			return { status: 429, error, retryAfter: RETRY_AFTER_SECONDS };
		}
		if (this.#pipes.size < this.#limits.maxChildren) return undefined;
		const error = "Too many sessions of the stdio server are open. Try again in a minute.";
		return { status: 503, error, retryAfter: RETRY_AFTER_SECONDS };
	}

	/** Starts or resumes a child, for a pipe that was not refused. */
	open({ child: name, isNew, user }: Opening, socket: WebSocket): void {
		if (!isNew) {
			this.#pipes.get(name)?.attach(socket);
			return;
		}
		const child = startChild(this.#command, childEnvironment(process.env, user), name, this.#limits.maxMessageBytes);
		if (typeof child === "string") {
			socket.close(CLOSE.childEnded, child);
			return;
		}
		const pipe = new ChildPipe(child, user, this.#limits.keepSeconds * 1000, () => this.#pipes.delete(name));
		this.#pipes.set(name, pipe);
		pipe.attach(socket);
	}

	/** Ends all children. Resolves when all have ended. */
	async close(): Promise<void> {
		await Promise.all([...this.#pipes.values()].map((pipe) => pipe.end()));
	}
}
