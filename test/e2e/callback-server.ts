/** The page of a client that waits for a browser to come back, on this computer. */
import { once } from "node:events";
import { createServer } from "node:http";

export type CallbackServer = {
	/** The client's redirect URI. */
	readonly url: string;
	/** What a browser came back with, once it has. */
	readonly visited: Promise<URLSearchParams>;
	close(): Promise<void>;
};

export async function startCallbackServer(): Promise<CallbackServer> {
	const { promise: visited, resolve } = Promise.withResolvers<URLSearchParams>();
	const server = createServer((request, response) => {
		const url = new URL(request.url ?? "/", "http://127.0.0.1");
		if (url.pathname === "/callback") resolve(url.searchParams);
		response.setHeader("Content-Type", "text/html");
		response.end("<!doctype html><link rel=icon href=data:,><title>Back at the app</title><h1>Back at the app</h1>");
	}).listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("No port was given");
	return {
		url: `http://127.0.0.1:${address.port}/callback`,
		visited,
		async close() {
			server.closeAllConnections();
			server.close();
			await once(server, "close");
		},
	};
}
