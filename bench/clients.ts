/** What a client does: it signs in, opens sessions, calls `add`. */
import type { IncomingMessage } from "node:http";
import { OAuthClient } from "../test/support/oauth-client.ts";
import type { Fetch } from "../test/support/person.ts";
import { type Headers, open, post } from "./http.ts";

const SESSIONS = "2025-11-25";
const STATELESS = "2026-07-28";
const META = "io.modelcontextprotocol";
const CLIENT = { name: "bench", version: "1" };
const INITIALIZE = { protocolVersion: SESSIONS, capabilities: {}, clientInfo: CLIENT };
const ADD = { name: "add", arguments: { a: 20, b: 22 } };
const PROGRESS = { progressToken: "progress" };

export type Call = () => Promise<void>;
export type Path = "/mcp" | "/sse";

/** Where a session is, and what each of its requests carries. */
export type Session = { url: string; headers: Headers };

let lastId = 0;
const rpc = (method: string, params?: object) => ({ jsonrpc: "2.0", id: ++lastId, method, params });

function check(text: string, expected: string): void {
	if (!text.includes(expected)) throw new Error(`Not the expected answer: ${text}`);
}

/** Registers a client and signs a person in. */
export async function signIn(origin: string, path: Path = "/mcp"): Promise<Headers> {
	const client = new OAuthClient(fetch as Fetch, origin);
	const { access_token } = await client.signIn({ resource: origin + path });
	return {
		Authorization: `Bearer ${access_token}`,
		Accept: "application/json, text/event-stream",
		"Content-Type": "application/json",
	};
}

/** Opens a session and asks for its tools. */
export async function openSession(origin: string, token: Headers): Promise<Session> {
	const url = `${origin}/mcp`;
	const opened = await post(url, token, rpc("initialize", INITIALIZE));
	const id = opened.headers["mcp-session-id"];
	if (typeof id !== "string") throw new Error(`No session: ${opened.text}`);
	const headers = { ...token, "Mcp-Session-Id": id, "MCP-Protocol-Version": SESSIONS };
	await post(url, headers, { jsonrpc: "2.0", method: "notifications/initialized" });
	check((await post(url, headers, rpc("tools/list"))).text, '"add"');
	return { url, headers };
}

/** The stream on which a session's server speaks first. */
export async function openStream({ url, headers }: Session): Promise<IncomingMessage> {
	const stream = await open("GET", url, headers);
	if (stream.statusCode !== 200) throw new Error(`No stream: ${stream.statusCode}`);
	return stream.resume();
}

/** Calls in a session of 2025-11-25. */
export function sessionCall({ url, headers }: Session, hasProgress = false): Call {
	const params = hasProgress ? { ...ADD, _meta: PROGRESS } : ADD;
	return async () => check((await post(url, headers, rpc("tools/call", params))).text, '"sum":42');
}

/** Calls as 2026-07-28 has it, without a session. */
export function statelessCall(origin: string, token: Headers, hasProgress = false): Call {
	const url = `${origin}/mcp`;
	const headers = { ...token, "MCP-Protocol-Version": STATELESS, "Mcp-Method": "tools/call", "Mcp-Name": "add" };
	const _meta = {
		[`${META}/protocolVersion`]: STATELESS,
		[`${META}/clientInfo`]: CLIENT,
		[`${META}/clientCapabilities`]: {},
		...(hasProgress && PROGRESS),
	};
	const params = { ...ADD, _meta };
	return async () => check((await post(url, headers, rpc("tools/call", params))).text, '"sum":42');
}

/** Opens a session of the HTTP+SSE transport; its answers come on one stream. */
export async function openSse(origin: string, token: Headers): Promise<Call> {
	const stream = await open("GET", `${origin}/sse`, token);
	const endpoint = Promise.withResolvers<string>();
	const waiting = new Map<number, (text: string) => void>();
	let buffer = "";
	stream.on("data", (chunk: string) => {
		const events = (buffer + chunk).split(/\r?\n\r?\n/);
		buffer = events.pop() ?? "";
		for (const event of events) {
			const data = /^data: ?(.*)$/m.exec(event)?.[1] ?? "";
			if (/^event: ?endpoint/m.test(event)) endpoint.resolve(data);
			else waiting.get(JSON.parse(data || "{}").id)?.(data);
		}
	});
	stream.on("end", () => endpoint.reject(new Error(`No stream at /sse: ${stream.statusCode} ${buffer}`)));
	const url = new URL(await endpoint.promise, origin).href;
	const ask = async (method: string, params: object) => {
		const message = rpc(method, params);
		const { promise, resolve } = Promise.withResolvers<string>();
		waiting.set(message.id, resolve);
		const { status, text } = await post(url, token, message);
		if (status !== 202) throw new Error(`${url} answered ${status}: ${text}`);
		const answer = await promise;
		waiting.delete(message.id);
		return answer;
	};
	check(await ask("initialize", INITIALIZE), "serverInfo");
	await post(url, token, { jsonrpc: "2.0", method: "notifications/initialized" });
	return async () => check(await ask("tools/call", ADD), '"sum":42');
}
