/** Node's HTTP server on one side, the web's `Request` and `Response` on the other. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** Of no use to anybody behind the Worker, which has checked it. */
const DROPPED = new Set(["authorization", "cookie"]);

/** A request of the web, without its body: that is read apart. Its signal says when the client has hung up. */
export function toRequest(req: IncomingMessage, res: ServerResponse): Request {
	const headers = new Headers();
	for (const [name, value] of Object.entries(req.headers)) {
		if (value !== undefined && !DROPPED.has(name)) headers.set(name, String(value));
	}
	const gone = new AbortController();
	res.once("close", () => gone.abort());
	return new Request(new URL(req.url ?? "/", "http://bridge"), { method: req.method, headers, signal: gone.signal });
}

/** @returns the body of a request; nothing, if it is longer than the limit */
export async function readBody(req: IncomingMessage, limit: number): Promise<string | undefined> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of req) {
		length += chunk.length;
		// The rest is read too: a client that is still sending would not see the answer.
		if (length <= limit) chunks.push(chunk);
		else chunks.length = 0;
	}
	return length <= limit ? Buffer.concat(chunks).toString("utf8") : undefined;
}

/** Sends a response. Resolves when it is sent, or its client has hung up. */
export async function sendResponse(response: Response, res: ServerResponse): Promise<void> {
	res.writeHead(response.status, Object.fromEntries(response.headers));
	if (!response.body) {
		res.end();
		return;
	}
	// Whoever has hung up before there was an answer does not close a second time.
	if (res.destroyed) return response.body.cancel();
	const reader = response.body.getReader();
	let goOn = () => {};
	res.on("drain", () => goOn());
	res.once("close", () => {
		goOn();
		reader.cancel().catch(() => {});
	});
	res.flushHeaders();
	for (;;) {
		const { done, value } = await reader.read();
		if (done || res.destroyed) break;
		if (!res.write(value)) await new Promise<void>((resolve) => (goOn = resolve));
	}
	res.end();
}
