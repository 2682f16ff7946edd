/** The first event of an HTTP+SSE stream says where to post to; its session id is the bridge's, and gets our signature. */

const SESSION_ID = /(?<=[?&]sessionId=)[\w-]+/;
const END_OF_EVENT = "\n\n";
/** The event is a line or two; a stream that begins otherwise is none of the bridge's. */
const MAX_EVENT_LENGTH = 4096;

export function signEndpoint(
	stream: ReadableStream<Uint8Array>,
	sign: (id: string) => Promise<string>,
): ReadableStream<Uint8Array> {
	const decoder = new TextDecoder();
	const encoder = new TextEncoder();
	let begun = "";
	let isPassed = false;
	const transform = new TransformStream<Uint8Array, Uint8Array>({
		async transform(chunk, controller) {
			if (isPassed) return controller.enqueue(chunk);
			begun += decoder.decode(chunk, { stream: true });
			if (!begun.includes(END_OF_EVENT) && begun.length < MAX_EVENT_LENGTH) return;
			isPassed = true;
			const [id] = SESSION_ID.exec(begun) ?? [];
			controller.enqueue(encoder.encode(id === undefined ? begun : begun.replace(SESSION_ID, await sign(id))));
		},
		flush(controller) {
			if (!isPassed) controller.enqueue(encoder.encode(begun));
		},
	});
	return stream.pipeThrough(transform);
}
