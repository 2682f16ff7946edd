/** Reads an event stream event by event, as a client does. */
export type StreamEvent = { event: string; data: string; id?: string };

export class EventReader {
	readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
	readonly #decoder = new TextDecoder();
	#buffer = "";

	constructor(response: Response) {
		if (!response.body) throw new Error(`No stream, status ${response.status}`);
		this.#reader = response.body.getReader();
	}

	/** The next event, passing over comments; undefined at the end of the stream. */
	async next(): Promise<StreamEvent | undefined> {
		for (;;) {
			const end = this.#buffer.indexOf("\n\n");
			if (end === -1) {
				const { done, value } = await this.#reader.read();
				if (done) return undefined;
				this.#buffer += this.#decoder.decode(value, { stream: true });
				// Several hosts take them for ends of lines.
				if (/[\u2028\u2029\u0085]/.test(this.#buffer)) throw new Error("The stream breaks lines within its data");
				continue;
			}
			const lines = this.#buffer.slice(0, end).split("\n");
			this.#buffer = this.#buffer.slice(end + 2);
			const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
			const data = field("data");
			const id = field("id");
			if (data !== undefined) return { event: field("event") ?? "message", data, ...(id !== undefined && { id }) };
		}
	}

	close(): Promise<void> {
		return this.#reader.cancel();
	}
}
