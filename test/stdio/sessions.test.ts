/** Sessions over Streamable HTTP: whose they are, how many there are, and how they end. */
import { once } from "node:events";
import { get } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bridge, bridgeForTest, childCommand, isRunning, startBridge, waitFor } from "./bridge.ts";
import { callerHeaders, INITIALIZE, messagesOf, openSession, send, toolCall } from "./raw.ts";

const NOT_FOUND = { jsonrpc: "2.0", error: { code: -32001, message: "Session not found" }, id: null };

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		command: childCommand("fake"),
		env: { SECRET: "of the bridge", STDIO_ENV_API_KEY: "for the child", LC_ALL: "C.UTF-8" },
	});
});
afterAll(() => bridge.stop());

type Environment = { pid: number; env: Record<string, string> };

async function environmentOf(session: string, user: string, caller = callerHeaders(user)): Promise<Environment> {
	const headers = { Authorization: "Bearer a-token-of-the-user", ...caller };
	const [message] = await messagesOf(await send(bridge.origin, toolCall(1, "environment"), { user, session, headers }));
	const text = /"text":("(?:[^"\\]|\\.)*")/.exec(JSON.stringify(message))?.[1] ?? "";
	return JSON.parse(JSON.parse(text));
}

describe("a session", () => {
	it("runs a process of its own, which knows who is calling", async () => {
		const headers = callerHeaders("github:1 ü", "ada,l", ["read", "write"]);
		const response = await send(bridge.origin, INITIALIZE, { headers });
		const ada = response.headers.get("Mcp-Session-Id") ?? "";
		await response.text();
		const [first, second] = await Promise.all([
			environmentOf(ada, "", headers),
			environmentOf(await openSession(bridge.origin, "bob"), "bob"),
		]);
		expect(first.pid).not.toBe(second.pid);
		expect(first.env).toMatchObject({
			MCP_USER_ID: "github:1 ü",
			MCP_USER_LOGIN: "ada,l",
			MCP_USER_PERMISSIONS: "read,write",
		});
		expect(second.env.MCP_USER_ID).toBe("bob");
	});

	it("gets nothing of the bridge's environment that it does not need", async () => {
		const { env } = await environmentOf(await openSession(bridge.origin), "raw");
		const { PATH, HOME } = process.env;
		const own = { MCP_USER_ID: "raw", MCP_USER_LOGIN: "", MCP_USER_PERMISSIONS: "" };
		expect(env).toMatchObject({ PATH, HOME, LC_ALL: "C.UTF-8", API_KEY: "for the child", ...own });
		const others = Object.keys(env).filter((name) => !/^(PATH|HOME|API_KEY|LANG.*|LC_.*|MCP_USER_.*)$/.test(name));
		expect(others).toEqual([]);
		expect(bridge.output()).not.toContain("a-token-of-the-user");
	});

	it("is found by nobody but the user who opened it", async () => {
		const session = await openSession(bridge.origin, "ada");
		for (const method of ["POST", "GET", "DELETE"]) {
			const body = method === "POST" ? toolCall(1, "environment") : undefined;
			const response = await send(bridge.origin, body, { user: "bob", session, method });
			expect(response.status).toBe(404);
			expect(await response.json()).toEqual(NOT_FOUND);
		}
		expect((await environmentOf(session, "ada")).env.MCP_USER_ID).toBe("ada");
	});

	it("is not found any more when its user has other permissions: its child knows the old ones", async () => {
		const session = await openSession(bridge.origin, "ada");
		const headers = callerHeaders("ada", "", ["read"]);
		expect((await send(bridge.origin, toolCall(1, "environment"), { session, headers })).status).toBe(404);
	});

	it("is not found under an id that was never given out", async () => {
		for (const session of ["unknown", "constructor"]) {
			const response = await send(bridge.origin, toolCall(1, "environment"), { session });
			expect(response.status).toBe(404);
			expect(await response.json()).toEqual(NOT_FOUND);
		}
	});

	it("ends with its child when the client ends it, also in mid-call", async () => {
		const session = await openSession(bridge.origin);
		const { pid } = await environmentOf(session, "raw");
		const call = await send(bridge.origin, toolCall(2, "hang"), { session });
		expect((await send(bridge.origin, undefined, { session, method: "DELETE" })).status).toBe(200);
		expect(await messagesOf(call)).toMatchObject([{ id: 2, error: { code: -32000 } }]);
		await waitFor("the child to end", () => !isRunning(pid));
		expect((await send(bridge.origin, toolCall(3, "environment"), { session })).status).toBe(404);
	});

	it("ends when nothing is said for long", async () => {
		const { origin, event } = await bridgeForTest({ command: childCommand("fake"), flags: ["--idle-seconds", "0.2"] });
		const session = await openSession(origin);
		const { pid } = await event("child_start");
		await event("child_end");
		await waitFor("the child to end", () => !isRunning(pid));
		expect((await send(origin, toolCall(1, "environment"), { session })).status).toBe(404);
	});

	it("does not end while a call runs", async () => {
		const { origin, events } = await bridgeForTest({ command: childCommand("fake"), flags: ["--idle-seconds", "0.2"] });
		const session = await openSession(origin);
		const held = await send(origin, toolCall(1, "hold"), { session });
		await new Promise((resolve) => setTimeout(resolve, 500));
		expect(events("session_end")).toEqual([]);
		await send(origin, toolCall(2, "release"), { session });
		expect(await messagesOf(held)).toMatchObject([{ id: 1, result: {} }]);
	});
});

describe("many sessions", () => {
	it("are refused above the limit, and welcome again below it", async () => {
		const { origin } = await bridgeForTest({ command: childCommand("fake"), flags: ["--max-sessions", "2"] });
		const session = await openSession(origin);
		await openSession(origin);
		const refused = await send(origin, INITIALIZE);
		expect(refused.status).toBe(503);
		const message = expect.stringContaining("Too many sessions");
		expect(await refused.json()).toEqual({ jsonrpc: "2.0", error: { code: -32000, message }, id: null });
		await send(origin, undefined, { session, method: "DELETE" });
		// Once its child is gone.
		await expect.poll(async () => (await send(origin, INITIALIZE)).status).toBe(200);
	});

	it("belong to the app that opened them", async () => {
		const { origin } = await bridgeForTest({ command: childCommand("fake") });
		const headers = { "X-Mcp-Client-Id": "one" };
		const opened = await send(origin, INITIALIZE, { headers });
		const session = opened.headers.get("Mcp-Session-Id") ?? "";
		await opened.text();
		const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
		expect((await send(origin, ping, { session, headers: { "X-Mcp-Client-Id": "other" } })).status).toBe(404);
		expect((await send(origin, ping, { session, headers })).status).toBe(200);
	});

	it("leave no process behind, 50 opened and closed", async () => {
		const { origin, events } = await bridgeForTest({ command: childCommand("fake") });
		const openAndClose = async () => {
			const session = await openSession(origin);
			await send(origin, undefined, { session, method: "DELETE" });
		};
		for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 5 }, openAndClose));
		const pids = () => events("child_start").map(({ pid }) => pid);
		await waitFor("50 children in the log", () => new Set(pids()).size === 50);
		await waitFor("all children to end", () => !pids().some(isRunning));
	});
});

describe("what is no session", () => {
	it("is answered: health, bad messages, unknown paths, no caller, a host of somebody else", async () => {
		const { origin } = bridge;
		expect(await (await fetch(`${origin}/health`)).text()).toBe("ok\n");
		expect((await send(origin, toolCall(1, "environment"))).status).toBe(400);
		expect((await fetch(`${origin}/other`, { headers: callerHeaders("raw") })).status).toBe(404);
		expect((await fetch(`${origin}/mcp`, { method: "PUT", headers: callerHeaders("raw") })).status).toBe(405);
		expect((await send(origin, INITIALIZE, { user: "" })).status).toBe(400);
		expect((await send(origin, INITIALIZE, { headers: { "X-Mcp-User-Login": "%00" } })).status).toBe(400);
		expect((await send(origin, INITIALIZE, { headers: { "X-Mcp-User-Login": "%E0%A4" } })).status).toBe(400);
		const [rebound] = await once(get(`${origin}/health`, { headers: { Host: "attacker.example:80" } }), "response");
		rebound.resume();
		expect(rebound.statusCode).toBe(403);
		const headers = { "Content-Type": "application/json", ...callerHeaders("raw") };
		const response = await fetch(`${origin}/mcp`, { method: "POST", headers, body: "{" });
		expect([response.status, await response.json()]).toMatchObject([400, { error: { code: -32700 } }]);
	});
});
