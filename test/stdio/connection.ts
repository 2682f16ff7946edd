/** A request on a connection of its own, which can break: workerd learns of it at once only if it is reset. */
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";

export type Connection = {
	readonly response: Promise<Response>;
	/** Breaks the connection, as a network does that goes away. */
	reset(): void;
};

type Init = { method: string; headers: Readonly<Record<string, string>>; body?: string | undefined };

export function connect(url: string, { method, headers, body }: Init): Connection {
	const sent = request(url, { method, headers, agent: false });
	const { promise: response, resolve, reject } = Promise.withResolvers<Response>();
	sent.on("response", (message) => resolve(responseOf(message)));
	sent.on("error", reject);
	// Nobody need wait for what they have broken off.
	response.catch(() => {});
	sent.end(body);
	return { response, reset: () => sent.socket?.resetAndDestroy() };
}

function responseOf(message: IncomingMessage): Response {
	const headers = new Headers();
	for (const [name, values = []] of Object.entries(message.headersDistinct)) {
		for (const value of values) headers.append(name, value);
	}
	message.on("error", () => {});
	const body = Readable.toWeb(message) as unknown as ReadableStream<Uint8Array>;
	return new Response(body, { status: message.statusCode ?? 0, headers });
}
