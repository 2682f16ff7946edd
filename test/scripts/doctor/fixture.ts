/** A server that has no fault until one thing in it is broken: sign-in, both eras, HTTP+SSE. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export type Reply = {
	status: number;
	headers: Record<string, string>;
	/** Sent as JSON; a text as it is. */
	body?: unknown;
	/** For one client only: neither an answer nor an end. */
	hangs?: boolean;
	/** Ends the connection instead. */
	closes?: boolean;
};

export type Asked = {
	readonly origin: string;
	readonly method: string;
	readonly url: URL;
	readonly headers: IncomingMessage["headers"];
	/** The body, if it is JSON. */
	readonly message: { method?: string; id?: unknown; params?: Record<string, unknown>; redirect_uris?: string[] };
};

/** Breaks one thing: changes the reply to what was asked. */
export type Break = (reply: Reply, asked: Asked) => void;

export const TOKEN = "the-token-of-the-fixture";
const VERSIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
const CAPABILITIES = { tools: {} };
const ALLOWED =
	"authorization, content-type, mcp-protocol-version, mcp-session-id, last-event-id, mcp-method, mcp-name";

/** @returns the origin of a server that goes with the test */
/** @param atEnd of the test: tests that run side by side have one each */
export async function startFixture(breaks: Break = () => {}, atEnd = onTestFinished): Promise<string> {
	const ended = new Set<string>();
	let lastSession = 0;
	const server = createServer((request, response) => {
		void answer(request, response);
	}).listen(0, "127.0.0.1");
	await once(server, "listening");
	atEnd(async () => {
		server.closeAllConnections();
		server.close();
		await once(server, "close");
	});
	const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

	async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { method = "GET", headers } = request;
		const text = (await request.setEncoding("utf8").toArray()).join("");
		const url = new URL(request.url ?? "/", origin);
		const asked: Asked = { origin, method, url, headers, message: text.startsWith("{") ? JSON.parse(text) : {} };
		const reply = replyTo(asked);
		Object.assign(reply.headers, {
			"Access-Control-Allow-Origin": "*",
			"Access-Control-Expose-Headers": "Mcp-Session-Id, WWW-Authenticate",
		});
		breaks(reply, asked);
		if (reply.closes) return void response.destroy();
		if (reply.hangs) return;
		const { body } = reply;
		if (typeof body === "object") reply.headers["Content-Type"] ??= "application/json";
		response.writeHead(reply.status, reply.headers);
		response.end(typeof body === "object" ? JSON.stringify(body) : body);
	}

	function replyTo(asked: Asked): Reply {
		const { method, url } = asked;
		if (method === "OPTIONS") {
			return { status: 204, headers: { "Access-Control-Allow-Headers": ALLOWED, "Access-Control-Allow-Methods": "*" } };
		}
		switch (url.pathname) {
			case "/.well-known/oauth-protected-resource/mcp":
				return json({ resource: `${origin}/mcp`, authorization_servers: [origin] });
			case "/.well-known/oauth-authorization-server":
				return json({
					issuer: origin,
					authorization_endpoint: `${origin}/authorize`,
					token_endpoint: `${origin}/token`,
					registration_endpoint: `${origin}/register`,
					client_id_metadata_document_supported: true,
					response_types_supported: ["code"],
					code_challenge_methods_supported: ["S256"],
					token_endpoint_auth_methods_supported: ["none"],
					authorization_response_iss_parameter_supported: true,
				});
			case "/register":
				return {
					...json({
						client_id: "doctor",
						redirect_uris: asked.message.redirect_uris,
						registration_access_token: "of-the-registration",
						registration_client_uri: `${origin}/register/doctor`,
					}),
					status: 201,
				};
			case "/register/doctor":
				return { status: method === "DELETE" ? 204 : 405, headers: {} };
			case "/document":
				return json({ client_id: `${origin}/document`, redirect_uris: ["http://127.0.0.1/callback"] });
			case "/authorize":
				return authorize(url);
			case "/mcp":
				return mcp(asked);
			default:
				return { status: 404, headers: {}, body: "Not found" };
		}
	}

	function authorize({ searchParams }: URL): Reply {
		const back = searchParams.get("redirect_uri") ?? "";
		if (back.includes("doctor.invalid")) return { status: 400, headers: {}, body: "Not yours" };
		if (!searchParams.has("code_challenge")) {
			return { status: 302, headers: { Location: `${back}?error=invalid_request` } };
		}
		return { status: 200, headers: { "Content-Type": "text/html" }, body: "<p>Sign in" };
	}

	function mcp({ method, headers, message }: Asked): Reply {
		if (headers.authorization?.toLowerCase() !== `bearer ${TOKEN}`) {
			const error = headers.authorization === undefined ? "" : 'error="invalid_token", ';
			const challenge = `Bearer ${error}resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`;
			return { status: 401, headers: { "WWW-Authenticate": challenge } };
		}
		if (method === "GET") return { status: 405, headers: {} };
		const session = String(headers["mcp-session-id"]);
		if (method === "DELETE") {
			ended.add(session);
			return { status: 204, headers: {} };
		}
		const result = (value: object) => json({ jsonrpc: "2.0", id: message.id, result: value });
		const version = String(headers["mcp-protocol-version"] ?? "");
		if (message.method === "initialize") {
			const wanted = String(message.params?.protocolVersion);
			const protocolVersion = VERSIONS.includes(wanted) ? wanted : VERSIONS[0];
			const reply = result({
				protocolVersion,
				capabilities: CAPABILITIES,
				serverInfo: { name: "fixture", version: "1" },
			});
			reply.headers["Mcp-Session-Id"] = String(++lastSession);
			return reply;
		}
		if (headers["mcp-method"] !== undefined && version !== "2026-07-28") {
			const error = { code: -32022, message: "Unsupported protocol version", data: { supported: ["2026-07-28"] } };
			return { ...json({ jsonrpc: "2.0", id: message.id, error }), status: 400 };
		}
		if (version !== "2026-07-28" && !VERSIONS.includes(version)) return { status: 400, headers: {} };
		if (ended.has(session)) return { status: 404, headers: {} };
		switch (message.method) {
			case "notifications/initialized":
				return { status: 202, headers: {} };
			case "server/discover":
				return result({ supportedVersions: ["2026-07-28", ...VERSIONS], capabilities: CAPABILITIES });
			case "tools/list":
				return result({ tools: [] });
			case "ping":
				return result({});
			default:
				return json({ jsonrpc: "2.0", id: message.id, error: { code: -32601, message: "Method not found" } });
		}
	}

	return origin;
}

const json = (body: unknown): Reply => ({ status: 200, headers: { "Cache-Control": "no-store" }, body });
