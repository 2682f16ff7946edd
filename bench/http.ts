/** HTTP as cheap as it gets in Node.js, so that the client takes little of what is measured. */
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";

const agent = new Agent({ keepAlive: true, family: 4, maxSockets: Number.POSITIVE_INFINITY });

export type Headers = Record<string, string>;

/** Sends a request, and waits for the head of the answer. */
export async function open(method: string, url: string, headers: Headers, body?: string): Promise<IncomingMessage> {
	const outgoing = request(url, { method, headers, agent });
	outgoing.end(body);
	const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
	return incoming.setEncoding("utf8");
}

/** Posts a JSON-RPC message, and reads the whole answer. */
export async function post(url: string, headers: Headers, message: object) {
	const incoming = await open("POST", url, headers, JSON.stringify(message));
	let text = "";
	for await (const chunk of incoming) text += chunk;
	return { status: incoming.statusCode ?? 0, headers: incoming.headers, text };
}
