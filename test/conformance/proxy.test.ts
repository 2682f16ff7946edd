import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { afterEach, describe, expect, inject, it } from "vitest";
import { listen } from "./listen.ts";
import { startSignedInProxy, startTokenProxy } from "./proxy.ts";

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

/** A proxy before a server that answers with a function; the requests that reached it. */
async function startPair(answer: (request: IncomingMessage, response: ServerResponse) => void) {
	const seen: IncomingMessage[] = [];
	const server = createServer((request, response) => {
		seen.push(request);
		answer(request, response);
	});
	const { port, close } = await listen(server);
	closing.push(close);
	const host = `127.0.0.1:${port}`;
	const proxy = await startTokenProxy(`http://${host}/mcp`, "the-token");
	closing.push(proxy.close);
	return { url: proxy.url, host, seen };
}

/** Unlike `fetch` it sends any Host. */
async function send(url: string, headers: Record<string, string>) {
	const [response]: IncomingMessage[] = await once(request(url, { method: "POST", headers }).end(), "response");
	if (!response) throw new Error("No response");
	const chunks = await response.toArray();
	return { status: response.statusCode, text: Buffer.concat(chunks).toString() };
}

describe("the proxy before this server", () => {
	it("leaves foreign hosts and origins to the server, which refuses them", async () => {
		const proxy = await startSignedInProxy(inject("origin"));
		closing.push(proxy.close);
		const foreignHost = await send(proxy.url, { Host: "evil.example.com" });
		expect(foreignHost).toMatchObject({ status: 403, text: expect.stringContaining("plain HTTP only on localhost") });
		const foreignOrigin = await send(proxy.url, { Origin: "http://evil.example.com" });
		expect(foreignOrigin).toMatchObject({ status: 403, text: expect.stringContaining("Pages of this origin") });
		// Signed in, and refused for the lack of a Content-Type.
		const own = await send(proxy.url, { Origin: new URL(proxy.url).origin });
		expect(own).toMatchObject({ status: 415 });
	});
});

describe("the proxy before any server", () => {
	it("adds the token, names the server's host and leaves the rest", async () => {
		const { url, host, seen } = await startPair((_request, response) => response.writeHead(204).end());
		await send(url, { Authorization: "Bearer another", "MCP-METHOD": "tools/list" });
		expect(seen[0]?.url).toBe("/mcp");
		expect(seen[0]?.headers).toMatchObject({ authorization: "Bearer the-token", host });
		expect(seen[0]?.rawHeaders).toContain("MCP-METHOD");
	});

	it("passes an event on while the stream is open, and the client's disconnect", async () => {
		const { promise: left, resolve } = Promise.withResolvers<void>();
		const { url } = await startPair((_request, response) => {
			response.on("close", resolve);
			response.writeHead(200, { "Content-Type": "text/event-stream" }).write("data: first\n\n");
		});
		const abort = new AbortController();
		const response = await fetch(url, { signal: abort.signal });
		const first = await response.body?.getReader().read();
		expect(Buffer.from(first?.value ?? []).toString()).toBe("data: first\n\n");
		abort.abort();
		await left;
	});

	it("passes on that the client left before any answer", async () => {
		const abort = new AbortController();
		const { promise: left, resolve } = Promise.withResolvers<void>();
		const { url } = await startPair((_request, response) => {
			response.on("close", resolve);
			abort.abort();
		});
		await expect(fetch(url, { signal: abort.signal })).rejects.toThrow("aborted");
		await left;
	});

	it("opens a stream that has no event yet, and breaks off when the server does", async () => {
		const { promise: opened, resolve: open } = Promise.withResolvers<void>();
		const { url } = await startPair((_request, response) => {
			response.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
			opened.then(() => response.destroy());
		});
		const response = await fetch(url);
		open();
		await expect(response.text()).rejects.toThrow("terminated");
	});

	it("passes a request body on piece by piece", async () => {
		const { url } = await startPair((request, response) => {
			request.once("data", (chunk) => response.end(chunk));
		});
		const upload = request(url, { method: "POST" });
		upload.write("first");
		const [response]: IncomingMessage[] = await once(upload, "response");
		expect(Buffer.concat((await response?.toArray()) ?? []).toString()).toBe("first");
		upload.end();
	});
});
