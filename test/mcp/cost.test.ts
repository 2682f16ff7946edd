import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import worker from "../../src/index.ts";
import { callTool, LOCAL, openSession, readMessages, signIn } from "../support/worker.ts";

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

it("a tool call costs one KV read and one Durable Object call", async () => {
	const { access_token: token } = await signIn();
	const session = await openSession(token);
	const kv: string[] = [];
	const object: string[] = [];
	const counting = { ...env, OAUTH_KV: counted(env.OAUTH_KV, kv), MCP_OBJECT: counted(env.MCP_OBJECT, object, true) };
	const request = new Request(`${LOCAL}/mcp`, {
		method: "POST",
		headers: {
			Authorization: `Bearer ${token}`,
			Accept: "application/json, text/event-stream",
			"Content-Type": "application/json",
			"Mcp-Session-Id": session,
		},
		body: JSON.stringify(callTool("add", { a: 1, b: 2 })),
	});
	const [answer] = await readMessages(await worker.fetch(request, counting, createExecutionContext()));
	expect(answer).toMatchObject({ result: { structuredContent: { sum: 3 } } });
	expect(kv).toEqual(["get"]);
	expect(object).toEqual(["post"]);
});
