import { beforeAll, describe, expect, it } from "vitest";
import { breakObjects } from "../support/objects.ts";
import { stateless } from "../support/stateless.ts";
import {
	callTool,
	fetchWorker,
	INITIALIZE,
	LIST_TOOLS,
	LOCAL,
	mcp,
	openSession,
	signIn,
	way,
} from "../support/worker.ts";

/** What every server answers, whatever it offers. */
const ping = (id: number | string = 1) => ({ jsonrpc: "2.0", id, method: "ping" });

let token = "";
let session = "";

beforeAll(async () => {
	({ access_token: token } = await signIn({ resource: null }));
	session = await openSession(token);
});

/** What a client is told, with the parts that every such answer has checked. */
async function expectJsonRpcError(response: Response, status: number, code: number, id: number | null = null) {
	expect(response.status).toBe(status);
	expect(response.headers.get("Access-Control-Allow-Origin")).toBeTruthy();
	expect(response.headers.get("Access-Control-Expose-Headers")).toContain("Mcp-Session-Id");
	const body: { jsonrpc: string; error: { code: number; message: string } } = await response.json();
	expect(body).toMatchObject({ jsonrpc: "2.0", id, error: { code } });
	return body.error.message;
}

describe("a request to /mcp", () => {
	it("without a session id, other than initialize, gets 400", async () => {
		const message = await expectJsonRpcError(await mcp(ping(), { token }), 400, -32000, 1);
		expect(message).toContain("Mcp-Session-Id header is required");
		await expectJsonRpcError(await mcp(null, { method: "GET", token }), 400, -32000);
		await expectJsonRpcError(await mcp(null, { method: "DELETE", token }), 400, -32000);
	});

	it("that is not JSON gets 400 and a parse error, with and without a session", async () => {
		await expectJsonRpcError(await mcp(null, { token, body: "{not json" }), 400, -32700);
		await expectJsonRpcError(await mcp(null, { token, session, body: "" }), 400, -32700);
	});

	it("that is JSON but no JSON-RPC message gets 400 and says so", async () => {
		for (const path of ["/mcp", "/sse/message?sessionId=x"]) {
			for (const body of [
				'{"method":"no version"}',
				"[]",
				"null",
				'"text"',
				'{"jsonrpc":"2.0","id":null,"method":"ping"}',
			]) {
				await expectJsonRpcError(await mcp(null, { token, session, path, body }), 400, -32600);
			}
		}
	});

	it("in a batch that is too long gets 400", async () => {
		const batch = Array.from({ length: 101 }, (_, id) => ping(id));
		await expectJsonRpcError(await mcp(batch, { token, session }), 400, -32600);
	});

	it("with an id that is too long, which would come back with the answer, gets 400", async () => {
		for (const path of ["/mcp", "/sse/message?sessionId=x"]) {
			await expectJsonRpcError(await mcp(ping("x".repeat(257)), { token, session, path }), 400, -32600);
		}
	});

	it("with a URI that is none gets an error, not a crash", async () => {
		const params = { uri: { toString: 1, valueOf: 1 } };
		const response = await mcp({ jsonrpc: "2.0", id: 1, method: "resources/read", params }, { token, session });
		expect(await response.text()).toContain('"error"');
		expect(response.status).toBe(200);
	});

	it("larger than 4 MiB gets 413, whether it says its length or not", async () => {
		const body = JSON.stringify(callTool("echo", { text: "x".repeat(4 * 1024 * 1024) }));
		await expectJsonRpcError(await mcp(null, { token, session, body }), 413, -32000);
		const stream = new Response(body).body;
		const headers = {
			Authorization: `Bearer ${token}`,
			"Content-Type": "application/json",
			Accept: "application/json, text/event-stream",
		};
		await expectJsonRpcError(await fetchWorker(`${LOCAL}/mcp`, { method: "POST", headers, body: stream }), 413, -32000);
	});

	it("to initialize with more than a session can store gets 413, and starts none", async () => {
		const clientInfo = { name: "x".repeat(17 * 1024), version: "1" };
		const initialize = { ...INITIALIZE, params: { ...INITIALIZE.params, clientInfo } };
		await expectJsonRpcError(await mcp(initialize, { token }), 413, -32600, 0);
	});

	it.skipIf(way === "none")("with a token longer than any of ours gets 401", async () => {
		expect((await mcp(INITIALIZE, { token: `${"x".repeat(600)}:b:c` })).status).toBe(401);
	});

	it("nested without end gets 400", async () => {
		const nested = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
		const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":${nested}}}}`;
		for (const path of ["/mcp", "/sse/message?sessionId=x"]) {
			await expectJsonRpcError(await mcp(null, { token, session, path, body }), 400, -32600, 1);
		}
	});

	it("of an unknown protocol version gets 400 and the versions that are known", async () => {
		const headers = { "Mcp-Protocol-Version": "1999-01-01" };
		const message = await expectJsonRpcError(await mcp(ping(), { token, session, headers }), 400, -32000, 1);
		expect(message).toContain("2026-07-28, 2025-11-25, 2025-06-18, 2025-03-26");
		for (const method of ["GET", "DELETE"]) {
			await expectJsonRpcError(await mcp(null, { method, token, session, headers }), 400, -32000);
		}
	});

	it("with a method that does not exist there gets 405 and the ones that do", async () => {
		const put = await mcp(null, { method: "PUT", token });
		expect(put.headers.get("Allow")).toBe("GET, POST, DELETE");
		await expectJsonRpcError(put, 405, -32000);
	});

	it("below an endpoint is told the endpoints, before any sign-in", async () => {
		for (const path of ["/mcp/x", "/mcp/message", "/sse/other"]) {
			expect(await expectJsonRpcError(await mcp(INITIALIZE, { path }), 404, -32000)).toContain("connect to /mcp");
		}
	});

	it("that no session takes gets 405 and the method that there is, in the version without sessions", async () => {
		const headers = { "Mcp-Protocol-Version": "2026-07-28" };
		for (const method of ["GET", "DELETE", "PUT"]) {
			const response = await mcp(null, { method, token, session, headers });
			expect(response.headers.get("Allow")).toBe("POST");
			await expectJsonRpcError(response, 405, -32000);
		}
		await expectJsonRpcError(await mcp([LIST_TOOLS], { token, session, headers }), 400, -32600);
		const older = { "Mcp-Protocol-Version": "2025-11-25" };
		const stream = await mcp(null, { method: "GET", token, session, headers: older });
		expect(stream.status).toBe(200);
		await stream.body?.cancel();
	});

	it("is answered with the versions of both kinds, in 2026-07-28", async () => {
		const versions = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"];
		const { headers, message } = stateless("server/discover");
		const discovered = await mcp(message, { token, headers });
		expect(await discovered.json()).toMatchObject({ id: 1, result: { supportedVersions: versions } });

		const unknown = "2030-01-01";
		const _meta = { ...message.params._meta, "io.modelcontextprotocol/protocolVersion": unknown };
		const refused = await mcp(
			{ ...message, params: { _meta } },
			{ token, headers: { ...headers, "Mcp-Protocol-Version": unknown } },
		);
		expect(await refused.json()).toMatchObject({
			id: 1,
			error: { code: -32022, data: { supported: versions, requested: unknown } },
		});
	});

	it("that cannot reach the user's object gets 503 with its id", async () => {
		// What a session wants to hear of is in the user's object.
		const setLevel = { jsonrpc: "2.0", id: 7, method: "logging/setLevel", params: { level: "info" } };
		const broken = breakObjects();
		const refused = await mcp(setLevel, { token, session });
		expect(refused.headers.get("Retry-After")).toBe("30");
		await expectJsonRpcError(refused, 503, -32000, 7);
		broken.restore();
		const response = await mcp(setLevel, { token, session });
		expect(response.status).toBe(200);
		await response.body?.cancel();
	});

	it("is not repeated at length in an error", async () => {
		const long = "x".repeat(1_000_000);
		const { headers, message } = stateless("tools/list");
		const { _meta } = message.params;
		const requests = [
			{ ...message, method: "tasks/get", params: { _meta, taskId: long } },
			{ ...message, method: long },
			{ ...message, params: { _meta: { ..._meta, "io.modelcontextprotocol/protocolVersion": long } } },
			{ ...message, params: { _meta: { ..._meta, "io.modelcontextprotocol/logLevel": long } } },
			{ ...message, params: { cursor: long, _meta } },
			{ ...message, method: "tools/call", params: { name: long, _meta } },
		];
		for (const request of requests) {
			for (const options of [{ headers }, { session }]) {
				const text = await (await mcp(request, { token, ...options })).text();
				expect(text).toContain('"error"');
				expect(text.length).toBeLessThan(2_000);
			}
		}
	});

	it("initializes a session only once, and only with a session id of ours", async () => {
		await expectJsonRpcError(await mcp(INITIALIZE, { token, session }), 400, -32600, 0);
		await expectJsonRpcError(await mcp(INITIALIZE, { token, session: "mine" }), 404, -32001, 0);
	});

	it("that only notifies gets 202", async () => {
		const response = await mcp({ jsonrpc: "2.0", method: "notifications/initialized" }, { token, session });
		expect(response.status).toBe(202);
	});
});

describe("a request to /sse", () => {
	it("that posts, as newer clients try first, gets 405 so that they go on to GET", async () => {
		const response = await mcp(INITIALIZE, { path: "/sse", token });
		expect(response.headers.get("Allow")).toBe("GET");
		await expectJsonRpcError(response, 405, -32000);
		await expectJsonRpcError(await mcp(null, { method: "DELETE", path: "/sse", token }), 405, -32000);
		await expectJsonRpcError(await mcp(null, { method: "GET", path: "/sse/message", token }), 405, -32000);
	});

	it("that wants no event stream gets 406", async () => {
		const headers = { Accept: "application/json" };
		await expectJsonRpcError(await mcp(null, { method: "GET", path: "/sse", token, headers }), 406, -32000);
	});

	it("with a bad message is told what is wrong with it", async () => {
		const path = "/sse/message?sessionId=x";
		await expectJsonRpcError(await mcp(ping(), { path: "/sse/message", token }), 400, -32000, 1);
		await expectJsonRpcError(await mcp(null, { path, token, body: "{" }), 400, -32700);
		await expectJsonRpcError(await mcp({ hello: 1 }, { path, token }), 400, -32600);
		await expectJsonRpcError(await mcp({}, { path, token, headers: { "Content-Type": "text/plain" } }), 415, -32000);
	});
});
