import { createExecutionContext, listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import worker from "../../src/index.ts";
import { stateless } from "../support/stateless.ts";
import { callTool, LOCAL, openSession, signIn } from "../support/worker.ts";

/** Counts the calls of an object's methods, and of the stubs it hands out. */
function counted<T extends object>(target: T, calls: string[], stubs = false): T {
	return new Proxy(target, {
		get(object, name) {
			const value: unknown = Reflect.get(object, name);
			if (typeof value !== "function") return value;
			return (...args: unknown[]) => {
				const result: unknown = Reflect.apply(value, object, args);
				if (stubs && name === "getByName") return counted(result as object, calls);
				calls.push(String(name));
				return result;
			};
		},
	});
}

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

const objects = async () => [
	...(await listDurableObjectIds(env.MCP_OBJECT)),
	...(await listDurableObjectIds(env.USER_OBJECT)),
];

it("a tool call in a session costs one KV read and one Durable Object call", async () => {
	const { access_token: token } = await signIn();
	const session = await openSession(token);
	const { kv, object, text } = await costOf(token, { "Mcp-Session-Id": session }, callTool("add", { a: 1, b: 2 }));
	expect(text).toContain('"structuredContent":{"sum":3}');
	expect(kv).toEqual(["get"]);
	expect(object).toEqual(["post"]);
});

it("a tool call without a session costs one KV read and no Durable Object", async () => {
	const { access_token: token } = await signIn();
	const before = await objects();
	const { headers, message } = stateless("tools/call", { name: "add", arguments: { a: 1, b: 2 } });
	const { kv, object, text } = await costOf(token, headers, message);
	expect(text).toContain('"structuredContent":{"sum":3}');
	expect(kv).toEqual(["get"]);
	expect(object).toEqual([]);
	expect(await objects()).toEqual(before);
});
