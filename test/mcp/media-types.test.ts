/** What clients accept and send, at every door: media types are parsed, not compared. */
import { beforeAll, describe, expect, it } from "vitest";
import { stateless } from "../support/stateless.ts";
import { callTool, INITIALIZE, LIST_TOOLS, mcp, openSession, signIn } from "../support/worker.ts";

let token = "";
let session = "";

beforeAll(async () => {
	({ access_token: token } = await signIn({ resource: null }));
	session = await openSession(token);
});

type Headers = Record<string, string>;
const LIST_STATELESS = stateless("tools/list");

/** Where a message is posted to in the hope of an answer. */
const POSTS: [door: string, post: (headers: Headers) => Promise<Response>][] = [
	["initialize", (headers) => mcp(INITIALIZE, { token, headers })],
	["a session", (headers) => mcp(LIST_TOOLS, { token, session, headers })],
	[
		"2026-07-28",
		(headers) => mcp(LIST_STATELESS.message, { token, headers: { ...LIST_STATELESS.headers, ...headers } }),
	],
];
const STREAMS: [door: string, open: (headers: Headers) => Promise<Response>][] = [
	["GET /mcp", (headers) => mcp(null, { method: "GET", token, session, headers })],
	["GET /sse", (headers) => mcp(null, { method: "GET", path: "/sse", token, headers })],
];

const BOTH = [
	"application/json, text/event-stream",
	"text/event-stream,application/json",
	"*/*",
	"application/*, text/*",
	"Application/JSON, Text/Event-Stream",
	"application/json;charset=utf-8, text/event-stream;q=0.5",
	"text/html, */*;q=0.1",
];
const ONLY_STREAMS = ["text/event-stream", "text/*", "*/*, application/json;q=0"];
const ONLY_JSON = [
	"application/json",
	"application/json, text/event-streams",
	"application/json, x-text/event-stream",
	"application/json, text/event-stream;q=0",
	"application/json, text/event-stream;q=0.0",
	"*/*, text/*;q=0",
	"application/*",
];
const NEITHER = ["text/html", "application/jsonp, text/plain", "", "*/*;q=0", "text/event-streams"];

async function expectNotAcceptable(response: Response, id: number | null) {
	expect(response.status).toBe(406);
	const message = expect.stringContaining("must accept");
	expect(await response.json()).toEqual({ jsonrpc: "2.0", id, error: { code: -32000, message } });
}

describe.each(POSTS)("what is posted as %s", (door, post) => {
	const id = door === "initialize" ? 0 : 1;

	it.each(BOTH)("is answered when its client accepts %s", async (accept) => {
		const response = await post({ Accept: accept });
		expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('"result"')]);
	});

	it.each([...ONLY_STREAMS, ...ONLY_JSON, ...NEITHER])("is not when it accepts %j", async (accept) => {
		await expectNotAcceptable(await post({ Accept: accept }), id);
	});

	it.each(["Application/JSON; Charset=UTF-8", "application/json;charset=utf-8", 'application/json ; x="a;b"'])(
		"is read as %s",
		async (type) => {
			expect((await post({ "Content-Type": type })).status).toBe(200);
		},
	);

	it.each(["application/jsonp", "text/plain; note=application/json", "text/json", ""])(
		"is not read as %j",
		async (type) => {
			const response = await post({ "Content-Type": type });
			expect(response.status).toBe(415);
			expect(await response.json()).toMatchObject({ jsonrpc: "2.0", id, error: { code: -32000 } });
		},
	);
});

describe.each(STREAMS)("the stream of %s", (_door, open) => {
	it.each([...BOTH, ...ONLY_STREAMS])("is opened for a client that accepts %s", async (accept) => {
		const response = await open({ Accept: accept });
		expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "text/event-stream"]);
		await response.body?.cancel();
	});

	it.each([...ONLY_JSON, ...NEITHER])("is not opened for one that accepts %j", async (accept) => {
		await expectNotAcceptable(await open({ Accept: accept }), null);
	});
});

describe("what is posted to /sse/message", () => {
	const path = "/sse/message?sessionId=x";

	it("is read whatever its client accepts, since the answer is elsewhere", async () => {
		const response = await mcp(callTool("caller"), { path, token, headers: { Accept: "application/json" } });
		expect(response.status).toBe(404);
	});

	it("is not read as another type", async () => {
		const response = await mcp(callTool("caller"), { path, token, headers: { "Content-Type": "application/jsonp" } });
		expect(response.status).toBe(415);
		expect(await response.json()).toMatchObject({ id: 1 });
	});
});
