/**
 * A signed-in way to an endpoint: the conformance suite cannot send a token. Everything else goes through as it is, streams
 * piece by piece and a disconnect on either side to the other, so that the suite sees the server and not the proxy.
 */
import { createServer, type IncomingMessage, request as openRequest, type ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { fetchOverHttp } from "../e2e/sign-in.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { listen } from "./listen.ts";

export type TokenProxy = {
	/** The address of the endpoint with somebody signed in. */
	readonly url: string;
	close(): Promise<void>;
};

/** What is said to the next hop only (RFC 9110 section 7.6.1). */
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/** Signs a new user in at an endpoint of a server, and listens on a free port for requests in that user's name. */
export async function startSignedInProxy(origin: string, path = "/mcp"): Promise<TokenProxy> {
	const resource = origin + path;
	const options = { clientName: "Conformance suite", resource };
	const { access_token } = await new OAuthClient(fetchOverHttp, origin).signIn(options);
	return startTokenProxy(resource, access_token);
}

/** Listens on a free port, and passes every request on to a URL with a token. */
export async function startTokenProxy(target: string, token: string): Promise<TokenProxy> {
	const server = createServer((request, response) => forward(request, response, new URL(target), token));
	const { port, close } = await listen(server);
	return { url: `http://127.0.0.1:${port}/mcp`, close };
}

function forward(request: IncomingMessage, response: ServerResponse, target: URL, token: string): void {
	const headers = endToEnd(request.rawHeaders, ["host", "authorization"]);
	const own = ["127.0.0.1", "localhost"].map((name) => `${name}:${request.socket.localPort}`);
	const { host = target.host } = request.headers;
	// The proxy stands for the server; a name that is not the proxy's is for the server to refuse.
	headers.push("Host", own.includes(host) ? target.host : host, "Authorization", `Bearer ${token}`);
	const upstream = openRequest(target.href, { method: request.method, headers, agent: false });
	upstream.on("response", (answer) => {
		response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders));
		// A stream is open before its first event.
		response.flushHeaders();
		// It destroys both ends when one breaks off, which is what either side should see.
		pipeline(answer, response, () => {});
	});
	upstream.on("error", (error) => {
		if (response.headersSent) response.destroy();
		else response.writeHead(502, { "Content-Type": "text/plain" }).end(String(error));
	});
	response.on("close", () => upstream.destroy());
	request.pipe(upstream);
}

/** Headers as they were sent, in order and in their own case, without those of the connection and of some names. */
function endToEnd(raw: readonly string[], without: readonly string[] = []): string[] {
	const dropped = new Set([...HOP_BY_HOP, ...without]);
	const kept: string[] = [];
	for (let i = 0; i + 1 < raw.length; i += 2) {
		const [name = "", value = ""] = raw.slice(i, i + 2);
		if (!dropped.has(name.toLowerCase())) kept.push(name, value);
	}
	return kept;
}
