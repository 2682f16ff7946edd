import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import worker from "#under-test";
import { newHold } from "../support/fixture/control.ts";
import { counted, listObjects } from "../support/objects.ts";
import { stateless } from "../support/stateless.ts";
import { callTool, INITIALIZE, LIST_TOOLS, LOCAL, openSession, signIn } from "../support/worker.ts";

/** What one request to `/mcp` costs, beside its answer. */
async function costOf(token: string, headers: Record<string, string>, message: object) {
	const kv: string[] = [];
	const object: string[] = [];
	const counting = { ...env, OAUTH_KV: counted(env.OAUTH_KV, kv), MCP_OBJECT: counted(env.MCP_OBJECT, object, true) };
	const request = new Request(`${LOCAL}/mcp`, {
		method: "POST",
		headers: {
			Authorization: `Bearer ${token}`,
			Accept: "application/json, text/event-stream",
			"Content-Type": "application/json",
			Host: "localhost:8788",
			...headers,
		},
		body: JSON.stringify(message),
	});
	const response = await worker.fetch(request, counting, createExecutionContext());
	return { kv, object, text: await response.text() };
}

const INITIALIZED = { jsonrpc: "2.0", method: "notifications/initialized" };

it.each([
	["opening a session", INITIALIZE, '"serverInfo"'],
	["saying that it is open", INITIALIZED, ""],
	["a list of the tools", LIST_TOOLS, '"echo"'],
	["a tool call", callTool("echo", { text: "hello" }), '"structuredContent":{"text":"hello"}'],
])("%s costs one KV read, and no Durable Object in a session either", async (_what, message, answer) => {
	const { access_token: token } = await signIn();
	const before = await listObjects();
	const session = await openSession(token);
	const headers: Record<string, string> = message === INITIALIZE ? {} : { "Mcp-Session-Id": session };
	const { kv, object, text } = await costOf(token, headers, message);
	expect(text).toContain(answer);
	expect(kv).toEqual(["get"]);
	expect(object).toEqual([]);
	expect(await listObjects()).toEqual(before);
});

it("a call that may take long costs one Durable Object call", async () => {
	const { access_token: token } = await signIn();
	const session = await openSession(token);
	const held = newHold();
	held.release();
	const call = callTool("hold", { name: held.name });
	const { kv, object, text } = await costOf(token, { "Mcp-Session-Id": session }, call);
	expect(text).toContain('"text":"Released."');
	expect(kv).toEqual(["get"]);
	expect(object).toEqual(["post"]);
});

it("a tool call without a session costs one KV read and no Durable Object", async () => {
	const { access_token: token } = await signIn();
	const before = await listObjects();
	const { headers, message } = stateless("tools/call", { name: "echo", arguments: { text: "hello" } });
	const { kv, object, text } = await costOf(token, headers, message);
	expect(text).toContain('"structuredContent":{"text":"hello"}');
	expect(kv).toEqual(["get"]);
	expect(object).toEqual([]);
	expect(await listObjects()).toEqual(before);
});

it("a call as a task costs one KV read and one Durable Object call, and so does each look at it", async () => {
	const { access_token: token } = await signIn();
	const objects = vi.spyOn(env.MCP_OBJECT, "getByName");
	const held = newHold();
	const capabilities = { extensions: { "io.modelcontextprotocol/tasks": {} } };
	const call = stateless("tools/call", { name: "hold", arguments: { name: held.name } }, capabilities);
	const started = await costOf(token, call.headers, call.message);
	expect(started.kv).toEqual(["get"]);
	expect(objects).toHaveBeenCalledTimes(1);
	const { taskId } = JSON.parse(started.text).result;
	const look = stateless("tasks/get", { taskId }, capabilities);
	const { kv, text } = await costOf(token, { ...look.headers, "Mcp-Name": taskId }, look.message);
	expect(text).toContain('"status":"working"');
	expect(kv).toEqual(["get"]);
	expect(objects).toHaveBeenCalledTimes(2);
	held.release();
	objects.mockRestore();
});
