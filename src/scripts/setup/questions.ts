/** Questions on the terminal. Secrets are not shown as they are typed. */
import { createInterface, type Interface } from "node:readline";
import { type Readable, Writable } from "node:stream";

/** Ctrl-C, or the end of the input. */
export const STOPPED = "Stopped. Nothing was written.";

export class Questions {
	readonly #lines: Interface;
	readonly #iterator: AsyncIterator<string>;
	readonly #output: NodeJS.WritableStream;
	#isMuted = false;
	#isClosed = false;

	constructor(input: Readable & { isTTY?: boolean }, output: NodeJS.WritableStream) {
		this.#output = output;
		const shown = new Writable({
			write: (chunk, _encoding, done) => {
				if (!this.#isMuted) output.write(chunk);
				done();
			},
		});
		this.#lines = createInterface({ input, output: shown, terminal: input.isTTY === true });
		// A piped input may have all answers at once: the iterator keeps them until they are asked for.
		this.#iterator = this.#lines[Symbol.asyncIterator]();
		this.#lines
			.on("SIGINT", () => this.#lines.close())
			.on("close", () => {
				this.#isClosed = true;
			});
	}

	/** @throws Error if the user has stopped the questions, or the input has ended */
	async ask(question: string, { isSecret = false } = {}): Promise<string> {
		this.#lines.setPrompt(`${question} `);
		if (!this.#isClosed) this.#lines.prompt();
		this.#isMuted = isSecret;
		const { done, value } = await this.#iterator.next();
		this.#isMuted = false;
		if (isSecret) this.#output.write("\n");
		if (done) throw new Error(STOPPED);
		return value.trim();
	}

	async confirm(question: string): Promise<boolean> {
		return /^y(es)?$/i.test(await this.ask(`${question} (y/N)`));
	}

	/** @throws Error if the user has pressed Ctrl-C since the last question */
	finish(): void {
		const wasStopped = this.#isClosed && process.stdin.isTTY === true;
		this.#lines.close();
		if (wasStopped) throw new Error(STOPPED);
	}

	close(): void {
		this.#lines.close();
	}
}
