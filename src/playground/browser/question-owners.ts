/**
 * Which call a question of the server belongs to. In the era of sessions a question is a request of its own, on the stream
 * that answers its call (MCP 2025-11-25, transports). The SDK does not say which stream that was.
 */
export class QuestionOwners {
	readonly #calls = new Map<string | number, string>();

	/** @returns undefined if nothing tells, as over HTTP+SSE, where all calls share a stream */
	callOf(questionId: string | number): string | undefined {
		return this.#calls.get(questionId);
	}

	/** Reads along in the answer to a call. */
	watch(response: Response, call: string): Response {
		if (!response.body || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) return response;
		const decoder = new TextDecoder();
		let rest = "";
		const note = (chunk: Uint8Array<ArrayBuffer>) => {
			const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
			rest = lines.pop() ?? "";
			for (const line of lines) this.#note(line, call);
		};
		const passing = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
			transform(chunk, controller) {
				note(chunk);
				controller.enqueue(chunk);
			},
		});
		return new Response(response.body.pipeThrough(passing), response);
	}

	#note(line: string, call: string): void {
		if (!line.startsWith("data:") || !line.includes('"elicitation/create"')) return;
		const { id } = JSON.parse(line.slice("data:".length));
		this.#calls.set(id, call);
	}
}
