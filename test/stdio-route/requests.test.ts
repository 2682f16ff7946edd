/** What reaches the bridge of a request, and what its client gets of the answer. */
import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { readConfig } from "../../src/config.ts";
import { userId } from "../../src/grant.ts";
import { INITIALIZE, LIST_TOOLS, mcp } from "../support/worker.ts";
import { BRIDGE, fakeBridge, sentenceOf, stdioToken, workerWith } from "./worker.ts";

afterEach(() => vi.restoreAllMocks());

const via = workerWith();
const path = "/stdio/mcp";

it("reaches the bridge with the known headers, who is calling, and nothing else", async () => {
	const token = await stdioToken({
		id: userId("oidc", "ü,1"),
		login: "žofie 🚀\r\nX-Evil: 1",
		permissions: ["image_generation"],
	});
	const seen = fakeBridge();
	const headers = {
		"Mcp-Protocol-Version": "2026-07-28",
		"Mcp-Method": "tools/list",
		"Mcp-Name": "echo",
		"Mcp-Param-City": "Berlin",
		"Last-Event-Id": "7",
		"X-Mcp-User-Id": "somebody-else",
		"X-Mcp-User-Login": "somebody-else",
		"X-Mcp-User-Permissions": "stdio",
		"X-Mcp-Sse-Path": "/elsewhere",
		"X-Forwarded-For": "192.0.2.1",
		"CF-Connecting-IP": "192.0.2.1",
		Cookie: "session=secret",
		Origin: "http://localhost:8788",
	};
	const response = await mcp(LIST_TOOLS, { token, path: `${path}?secret=1`, headers, via });
	expect(response.status).toBe(200);
	expect(seen).toHaveLength(1);
	const [request] = seen;
	expect(request?.url).toBe(`${BRIDGE}/mcp`);
	expect(JSON.parse(request?.body ?? "")).toEqual(LIST_TOOLS);
	expect(request?.headers).toEqual({
		accept: "application/json, text/event-stream",
		"content-type": "application/json",
		"mcp-protocol-version": "2026-07-28",
		"mcp-method": "tools/list",
		"mcp-name": "echo",
		"mcp-param-city": "Berlin",
		"last-event-id": "7",
		"x-mcp-user-id": "oidc-%25C3%25BC%252C1",
		"x-mcp-client-id": expect.stringMatching(/^[\w-]+$/),
		"x-mcp-user-login": "%C5%BEofie%20%F0%9F%9A%80%0D%0AX-Evil%3A%201",
		"x-mcp-user-permissions": "image_generation%2Cstdio",
		"x-mcp-sse-path": "/stdio/sse/message",
	});
	expect(JSON.stringify(seen)).not.toContain(token);
});

it("answers with the status, the body and the known headers", async () => {
	const token = await stdioToken();
	const headers = { "Retry-After": "7", Allow: "POST", "Set-Cookie": "a=b", "X-Powered-By": "bridge" };
	fakeBridge(() => Response.json({ error: "of the bridge" }, { status: 503, headers }));
	const response = await mcp(INITIALIZE, { token, path, via });
	expect([response.status, await response.json()]).toEqual([503, { error: "of the bridge" }]);
	const answered = Object.fromEntries(response.headers);
	expect(answered).toMatchObject({ "retry-after": "7", allow: "POST", "content-type": "application/json" });
	expect(Object.keys(answered).filter((name) => /cookie|powered|session/.test(name))).toEqual([]);
});

it("that cannot reach the bridge is answered with a sentence; the cause is in the log", async () => {
	const token = await stdioToken();
	const log = vi.spyOn(console, "error").mockReturnValue();
	fakeBridge(() => Promise.reject(new Error("connect ECONNREFUSED 127.0.0.1:8790")));
	const response = await mcp(INITIALIZE, { token, path, via, headers: { "CF-Ray": "ray-1" } });
	expect([response.status, response.headers.get("Retry-After")]).toEqual([503, "10"]);
	const sentence = await sentenceOf(response);
	expect(sentence).toMatch(/^The stdio server does not answer\. Try again .*request ID ray-1\.$/);
	expect(sentence).not.toContain("ECONNREFUSED");
	const [logged] = log.mock.calls.flat().map((line): unknown => JSON.parse(String(line)));
	expect(logged).toMatchObject({
		event: "bridge_not_reached",
		requestId: "ray-1",
		cause: expect.stringContaining("ECONN"),
	});
});

it("of another method or to another path gets the bridge's answer, or none of it", async () => {
	const token = await stdioToken();
	const seen = fakeBridge(() => new Response(null, { status: 405, headers: { Allow: "GET" } }));
	expect((await mcp(INITIALIZE, { token, path, method: "PUT", via })).status).toBe(405);
	expect(seen).toHaveLength(1);
	for (const other of ["/stdio", "/stdio/health", "/stdio/mcp/x", "/stdio/other", "/stdio/mcp/../health"]) {
		expect((await mcp(INITIALIZE, { token, path: other, via })).status, other).toBe(404);
	}
	expect(seen).toHaveLength(1);
});

it("is not sent anywhere but to this computer", async () => {
	const wrong = [
		"http://10.0.0.1:8790",
		"https://bridge.example",
		"http://127.0.0.1:8790/",
		"localhost:8790",
		"file:///x",
	];
	for (const STDIO_URL of [...wrong, "http://127.0.0.1.example", "http://localhost@example.com"]) {
		expect(readConfig({ STDIO_URL }).stdio, STDIO_URL).toBeUndefined();
		const response = await mcp(INITIALIZE, { path, via: workerWith({ STDIO_URL }) });
		expect(response.status).toBe(503);
		expect(await sentenceOf(response)).toMatch(/STDIO_URL takes the address of a bridge on this computer/);
	}
	for (const url of ["http://127.0.0.1:8790", "http://localhost:1", "http://[::1]:8790"]) {
		expect(readConfig({ ...env, STDIO_URL: url }).stdio).toEqual({ url });
	}
});
