import { expect, it } from "vitest";
import { escapeLineEnds } from "../../src/http/line-ends.ts";

const eventStream = { headers: { "Content-Type": "text/event-stream" } };

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
	return new ReadableStream({
		start(controller) {
			for (const chunk of chunks) controller.enqueue(chunk);
			controller.close();
		},
	});
}

const TEXTS = [
	["U+2028, U+2029, U+0085", "a\u2028\u2029b\u0085", String.raw`a\u2028\u2029b\u0085`],
	["their neighbours, and what begins like them", "“…” \u2027\u202a\u0084\u0086é€", "“…” \u2027\u202a\u0084\u0086é€"],
	["one at the end", "€\u2028", String.raw`€\u2028`],
	["nothing", "", ""],
] as const;

it.each(TEXTS)("an event stream leaves with %s escaped, wherever its chunks end", async (_what, text, escaped) => {
	const bytes = new TextEncoder().encode(text);
	for (let first = 0; first <= bytes.length; first++) {
		for (let second = first; second <= bytes.length; second++) {
			const chunks = [bytes.slice(0, first), bytes.slice(first, second), bytes.slice(second)];
			const response = escapeLineEnds(new Response(streamOf(chunks), eventStream));
			expect(await response.text()).toBe(escaped);
		}
	}
});

it("an event stream that breaks off within a character leaves as it is", async () => {
	const response = escapeLineEnds(new Response(streamOf([new Uint8Array([0x61, 0xe2, 0x80])]), eventStream));
	expect([...(await response.bytes())]).toEqual([0x61, 0xe2, 0x80]);
});

it("an event stream is read no faster than the client reads it, and no longer", async () => {
	let read = 0;
	let cancelled: unknown;
	const source = new ReadableStream<Uint8Array>(
		{
			pull: (controller) => controller.enqueue(new Uint8Array([++read])),
			cancel: (reason) => {
				cancelled = reason;
			},
		},
		{ highWaterMark: 0 },
	);
	const reader = escapeLineEnds(new Response(source, eventStream)).body?.getReader();
	expect(await reader?.read()).toMatchObject({ value: new Uint8Array([1]) });
	expect(read).toBe(1);
	await reader?.cancel("gone");
	expect(cancelled).toBe("gone");
});

it("other answers leave as they are", async () => {
	const json = Response.json("\u2028");
	expect(escapeLineEnds(json)).toBe(json);
	const empty = new Response(null, { status: 204, ...eventStream });
	expect(escapeLineEnds(empty)).toBe(empty);
});
