/** The doors of `/stdio` are those of `/mcp` and `/sse`: what is refused there is refused here, in the same words. */
import { beforeAll, describe, expect, it } from "vitest";
import { stateless } from "../support/stateless.ts";
import { type App, initialize, newApp, ping } from "./app.ts";
import { childCommand, useStdio } from "./door.ts";

const stdio = useStdio({ command: childCommand("fake") });

let app: App;
beforeAll(async () => {
	app = await newApp(stdio);
});

type Row = {
	what: string;
	method?: string;
	/** Behind the door's own. */
	path?: string;
	body?: object | string;
	headers?: Record<string, string>;
	status: number;
	code?: number;
	id?: number;
};

const FORGED = `eyJpZCI6ImEifQ.${"0".repeat(64)}`;
const UNKNOWN_VERSION = { "MCP-Protocol-Version": "1999-01-01" };
const STATELESS = stateless("ping").headers;
const json = { Accept: "application/json" };
const session = (id: string) => ({ "Mcp-Session-Id": id });

/** Of bodies, whichever message they are posted with. */
const BODIES: Row[] = [
	{
		what: "a content type that is not JSON",
		body: ping(7),
		headers: { "Content-Type": "text/plain" },
		status: 415,
		id: 7,
	},
	{ what: "what is no JSON", body: "{", status: 400, code: -32700 },
	{ what: "what is no message", body: { id: 7, method: "ping" }, status: 400, code: -32600, id: 7 },
	{ what: "an id that is longer than ids are", body: { ...ping(7), id: "x".repeat(300) }, status: 400, code: -32600 },
];

const STREAMABLE_HTTP: Row[] = [
	...BODIES,
	{ what: "an answer that must not be a stream", body: ping(7), headers: json, status: 406, id: 7 },
	{ what: "an empty batch", body: [], status: 400, code: -32600 },
	{ what: "a message without a session", body: ping(7), status: 400, id: 7 },
	{
		what: "a message with a forged session id",
		body: ping(7),
		headers: session(FORGED),
		status: 404,
		code: -32001,
		id: 7,
	},
	{ what: "a session id that is none", body: ping(7), headers: session("../health"), status: 404, code: -32001, id: 7 },
	{ what: "a version that nobody speaks", body: ping(7), headers: UNKNOWN_VERSION, status: 400, id: 7 },
	{
		what: "initialize with a forged session id",
		body: initialize(),
		headers: session(FORGED),
		status: 404,
		code: -32001,
		id: 0,
	},
	{
		what: "initialize of more than 16 KiB",
		body: initialize({ experimental: { x: { y: "y".repeat(17_000) } } }),
		status: 413,
		code: -32600,
		id: 0,
	},
	{ what: "a stream without a session", method: "GET", status: 400 },
	{ what: "a stream with a forged session id", method: "GET", headers: session(FORGED), status: 404, code: -32001 },
	{ what: "a stream that must not be one", method: "GET", headers: json, status: 406 },
	{ what: "a stream in the era without sessions", method: "GET", headers: STATELESS, status: 405 },
	{ what: "the end of no session", method: "DELETE", status: 400 },
	{
		what: "the end of a session with a forged id",
		method: "DELETE",
		headers: session(FORGED),
		status: 404,
		code: -32001,
	},
	{ what: "another method", method: "PUT", body: ping(7), status: 405 },
];

const HTTP_SSE: Row[] = [
	...BODIES.map((row) => ({ ...row, path: `/message?sessionId=${FORGED}` })),
	{ what: "a stream that must not be one", method: "GET", headers: json, status: 406 },
	{ what: "a message at the address of streams", body: ping(7), status: 405 },
	{ what: "a stream at the address of messages", method: "GET", path: "/message", status: 405 },
	{ what: "a message without a session", path: "/message", body: ping(7), status: 400, id: 7 },
	{
		what: "a message with a forged session id",
		path: `/message?sessionId=${FORGED}`,
		body: ping(7),
		status: 404,
		code: -32001,
		id: 7,
	},
	{ what: "a batch", path: "/message", body: [ping(7)], status: 400, code: -32600 },
];

describe.each([
	["/mcp", STREAMABLE_HTTP],
	["/sse", HTTP_SSE],
])("as at %s, refused is", (door, rows) => {
	it.concurrent.each(rows)(
		"$what, with $status",
		async ({ method = "POST", path = "", body, headers, status, code = -32000, id = null }) => {
			const answers = [door, `/stdio${door}`].map(async (prefix) => {
				const response = await app.send(method, body, { path: prefix + path, ...(headers && { headers }) });
				const { headers: answered } = response;
				if (response.ok) await response.body?.cancel();
				const text = response.ok ? "{}" : (await response.text()).replaceAll("/stdio/", "/");
				const shown = ["Content-Type", "Allow", "Access-Control-Allow-Origin"].map((name) => answered.get(name));
				return { status: response.status, shown, body: JSON.parse(text) };
			});
			const [own, ofStdio] = await Promise.all(answers);
			expect(ofStdio).toMatchObject({ status, body: { jsonrpc: "2.0", error: { code }, id } });
			expect(ofStdio).toEqual(own);
			expect(stdio.events("child_start")).toEqual([]);
		},
	);
});

it.each(["/stdio/mcp", "/stdio/sse/message"])("a body of more than 4 MiB is refused at %s, unread", async (path) => {
	const headers = { "Content-Length": String(5 * 1024 * 1024) };
	const { response, reset } = app.connect("POST", "", { path, headers });
	expect([(await response).status, await (await response).json()]).toMatchObject([413, { error: { code: -32000 } }]);
	reset();
});

describe.each(["/mcp", "/sse"])("at /stdio%s", (door) => {
	it("no token is no way in, and the answer says where to get one", async () => {
		const response = await fetch(`${stdio.origin}/stdio${door}`, { headers: { Accept: "text/event-stream" } });
		expect(response.status).toBe(401);
		const metadata = `${stdio.origin}/.well-known/oauth-protected-resource/stdio${door}`;
		expect(response.headers.get("WWW-Authenticate")).toContain(`resource_metadata="${metadata}"`);
		await response.text();
	});
});

it("answers of other addresses below /stdio are 404", async () => {
	for (const path of ["/stdio", "/stdio/pipe", "/stdio/health", "/stdio/mcp/x", "/stdio/sse/other"]) {
		const response = await app.post(initialize(), { path });
		expect([path, response.status]).toEqual([path, 404]);
		await response.text();
	}
});
