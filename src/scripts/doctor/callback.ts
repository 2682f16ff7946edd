/** The address on this computer to which a browser comes back from the sign-in. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Callback = { readonly url: string; readonly visited: Promise<URL>; close(): void };

/** @param signal ends the wait for the browser */
export async function listen(signal: AbortSignal): Promise<Callback> {
	const { promise: visited, resolve, reject } = Promise.withResolvers<URL>();
	const server = createServer((request, response) => {
		const url = new URL(request.url ?? "/", "http://127.0.0.1");
		response.setHeader("Content-Type", "text/html");
		response.end("<!doctype html><title>MCP doctor</title><p>You can close this page and go back to the terminal.");
		if (url.pathname === "/callback") resolve(url);
	}).listen(0, "127.0.0.1");
	await once(server, "listening");
	const onAbort = () => reject(new Error("No browser came back in time."));
	signal.addEventListener("abort", onAbort, { once: true });
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
		visited,
		close() {
			signal.removeEventListener("abort", onAbort);
			server.closeAllConnections();
			server.close();
		},
	};
}
