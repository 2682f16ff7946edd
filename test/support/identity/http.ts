/** The little of HTTP that the servers of the tests need. */
import { createServer, type IncomingMessage, type RequestListener, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Listening = { readonly port: number; close(): Promise<void> };

/** Listens on a free port of this computer. */
export async function listen(listener: RequestListener): Promise<Listening> {
	const server = createServer(listener);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		port,
		close() {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			// Some tests wait for answers that never come.
			server.closeAllConnections();
			return closed;
		},
	};
}

export async function readBody(message: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of message) chunks.push(chunk);
	return Buffer.concat(chunks).toString("utf8");
}

export function sendJson(
	response: ServerResponse,
	status: number,
	body: unknown,
	headers: Readonly<Record<string, string>> = {},
): void {
	response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
}

export type Passed = { readonly status: number; readonly headers: IncomingMessage["headers"]; readonly body: string };

/** Passes a request on to a server on this computer, which believes that it is `host`, reached by https. */
export function passOn(port: number, host: string, message: IncomingMessage, body: string): Promise<Passed> {
	const headers = { ...message.headers, host, "x-forwarded-host": host, "x-forwarded-proto": "https" };
	return new Promise((resolve, reject) => {
		const { method, url } = message;
		const outgoing = request({ host: "127.0.0.1", port, method, path: url, headers, agent: false }, (answer) => {
			readBody(answer).then(
				(text) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: text }),
				reject,
			);
		});
		outgoing.on("error", reject);
		outgoing.end(body);
	});
}
