import { createExecutionContext, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import worker, { server } from "#under-test";
import { networkOf } from "../../src/http/limits.ts";
import { newHold } from "../support/fixture/control.ts";
import { execute, objectOf, openStreams, rowsOf, tidy } from "../support/objects.ts";
import { readText } from "../support/person.ts";
import { EventReader } from "../support/sse.ts";
import { stateless } from "../support/stateless.ts";
import { askTool, callTool, DEPLOYED, INITIALIZE, LIST_TOOLS, LOCAL, mcp, openSession } from "../support/worker.ts";

afterEach(() => vi.restoreAllMocks());

const idIn = async (session: string) => (await askTool("caller", {}, { session })).structuredContent?.id as string;

function claimsOf(session: string): Record<string, unknown> {
	const [claims = ""] = session.split(".");
	return JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(claims, { alphabet: "base64url" })));
}

describe("a visitor", () => {
	it("is the same in all of a session, and another in each", async () => {
		const [one, other] = [await openSession(""), await openSession("")];
		const id = await idIn(one);
		expect(id).toMatch(/^visitor-[0-9a-f-]{36}$/);
		expect(await idIn(one)).toBe(id);
		expect(await idIn(other)).not.toBe(id);
	});

	it("has every scope, no permission that is not everyone's, and no identity provider", async () => {
		const { structuredContent } = await askTool("caller", {}, { session: await openSession("") });
		expect(structuredContent).toMatchObject({
			provider: "visitor",
			permissions: [],
			scopes: expect.arrayContaining(["tools", "identity", "images"]),
		});
		expect(structuredContent).not.toHaveProperty("account");
		const refused = await askTool("guarded", {}, { session: await openSession("") });
		expect(refused).toMatchObject({ isError: true });
	});

	it("does not become another one by a session id that they changed", async () => {
		const [mine, theirs] = [await openSession(""), await openSession("")];
		const [, mac] = mine.split(".");
		const forged = new TextEncoder().encode(JSON.stringify({ ...claimsOf(mine), visitor: claimsOf(theirs).visitor }));
		const claims = forged.toBase64({ alphabet: "base64url", omitPadding: true });
		for (const session of [`${claims}.${mac}`, `${claims}.${theirs.split(".")[1]}`]) {
			expect((await mcp(callTool("caller"), { session })).status).toBe(404);
			// Nor without one: a request that needs no session is a stranger's.
			const { message, headers } = stateless("tools/call", { name: "caller", arguments: {} });
			const answer = await (await mcp(message, { session, headers })).text();
			expect(answer).toContain('"id":"visitor-');
			expect(answer).not.toContain(claimsOf(theirs).visitor);
		}
	});

	it("has sessions at one endpoint each", async () => {
		const session = await openSession("");
		expect((await mcp(LIST_TOOLS, { path: `/sse/message?sessionId=${session}` })).status).toBe(404);
	});

	it("is another one with each request, where there are no sessions", async () => {
		const ids = new Set<string>();
		for (let call = 0; call < 2; call++) {
			const { message, headers } = stateless("tools/call", { name: "caller", arguments: {} });
			const { result } = (await (await mcp(message, { headers })).json()) as {
				result: { structuredContent: { id: string } };
			};
			ids.add(result.structuredContent.id);
		}
		expect(ids.size).toBe(2);
	});

	it("has no tasks, since they could not be found again: a long call is answered in the call", async () => {
		const capabilities = { extensions: { "io.modelcontextprotocol/tasks": {} } };
		const discover = stateless("server/discover", {}, capabilities);
		expect(await (await mcp(discover.message, discover)).text()).not.toContain("io.modelcontextprotocol/tasks");
		const held = newHold();
		held.release();
		const { message, headers } = stateless(
			"tools/call",
			{ name: "hold", arguments: { name: held.name } },
			capabilities,
		);
		expect(await (await mcp(message, { headers })).text()).toContain("Released.");
	});

	it("is asked, and answers, without a session", async () => {
		const ask = async (params: object) => {
			const { message, headers } = stateless(
				"tools/call",
				{ name: "ask", arguments: {}, ...params },
				{ elicitation: {} },
			);
			const response = await mcp(message, { headers });
			return response.json<{ result: { requestState?: string; structuredContent?: object } }>();
		};
		const { result } = await ask({});
		expect(result.requestState).toBeTypeOf("string");
		const inputResponses = { word: { action: "accept", content: { word: "two" } } };
		const answered = await ask({ requestState: result.requestState, inputResponses });
		expect(answered.result.structuredContent).toMatchObject({ word: "two" });
	});

	it("is asked, and answers, in a session", async () => {
		const session = await openSession("", LOCAL, { elicitation: {} });
		const stream = new EventReader(await mcp(callTool("ask"), { session }));
		let question = await stream.next();
		while (question && !question.data.includes("elicitation/create")) question = await stream.next();
		const { id } = JSON.parse(question?.data ?? "{}");
		const result = { action: "accept", content: { word: "yes" } };
		expect((await mcp({ jsonrpc: "2.0", id, result }, { session })).status).toBe(202);
		expect((await stream.next())?.data).toContain('"word":"yes"');
		await stream.close();
	});

	it("leaves nothing behind when the last stream is closed", async () => {
		const stream = new EventReader(await mcp(null, { method: "GET", path: "/sse" }));
		const path = (await stream.next())?.data ?? "";
		const user = String(claimsOf(new URL(path, LOCAL).searchParams.get("sessionId") ?? "").visitor);
		// While they are here, the alarm only rings again.
		expect(await tidy(user)).toBeTypeOf("number");
		expect(await openStreams(user)).toBe(1);
		await stream.close();
		await expect.poll(() => openStreams(user)).toBe(0);
		await execute(user, "CREATE TABLE trace (id)");
		await execute(user, "UPDATE cf_agents_jobs SET time = 0");
		expect(await runDurableObjectAlarm(objectOf(user))).toBe(true);
		await expect
			.poll(() => rowsOf(user, "sqlite_master"))
			.not.toContainEqual(expect.objectContaining({ name: "trace" }));
		expect(await rowsOf(user, "cf_agents_jobs")).toEqual([]);
	});
});

/** A server on the internet whose rate limit is `limit`. */
const deployed = (limit: object | undefined, init?: RequestInit) => {
	const { ADDRESS_LIMIT: _, ...rest } = env;
	const settings = { ...rest, ...(limit && { ADDRESS_LIMIT: limit }) } as Env;
	return worker.fetch(new Request(`${DEPLOYED}/mcp`, init), settings, createExecutionContext());
};
const post = (address: string, accept = "application/json, text/event-stream"): RequestInit => ({
	method: "POST",
	headers: { Accept: accept, "Content-Type": "application/json", "CF-Connecting-IP": address },
	body: JSON.stringify({ ...INITIALIZE, id: 5 }),
});

describe("on the internet", () => {
	it("an address that calls too often is told to wait", async () => {
		vi.spyOn(console, "warn").mockReturnValue(undefined);
		const keys: string[] = [];
		const limit = {
			async limit({ key }: { key: string }) {
				keys.push(key);
				return { success: keys.length === 1 };
			},
		};
		expect((await deployed(limit, post("203.0.113.7"))).status).toBe(200);
		const refused = await deployed(limit, post("203.0.113.7"));
		expect(refused.status).toBe(429);
		expect(refused.headers.get("Retry-After")).toBe("60");
		expect(refused.headers.get("Access-Control-Allow-Origin")).toBeTruthy();
		expect(await refused.json()).toMatchObject({
			jsonrpc: "2.0",
			error: { code: -32000, message: expect.stringContaining("Too many") },
		});
		const page = await deployed(limit, { headers: { Accept: "text/html" } });
		expect(page.status).toBe(429);
		expect(readText(await page.text())).toContain("Try again in a minute");
		expect(keys).toEqual(["visit:203.0.113.7", "visit:203.0.113.7", "visit:"]);
	});

	it("the rate limit of wrangler.jsonc counts by address", async () => {
		vi.spyOn(console, "warn").mockReturnValue(undefined);
		const { ADDRESS_LIMIT } = env;
		const counted: { key: string }[] = [];
		const limit: typeof ADDRESS_LIMIT = {
			limit(what) {
				counted.push(what);
				return ADDRESS_LIMIT.limit(what);
			},
		};
		const statusFrom = async (address: string) => (await deployed(limit, post(address))).status;
		expect(await statusFrom("198.51.100.1")).toBe(200);
		const [first = { key: "" }] = counted;
		const useUp = async () => {
			while ((await ADDRESS_LIMIT.limit(first)).success);
		};
		// A new minute may begin meanwhile.
		await expect.poll(() => useUp().then(() => statusFrom("198.51.100.1"))).toBe(429);
		expect(await statusFrom("198.51.100.2")).toBe(200);
	});

	it("there is no server without a rate limit, and it says so", async () => {
		vi.spyOn(console, "warn").mockReturnValue(undefined);
		const response = await deployed(undefined, post("203.0.113.7"));
		expect(response.status).toBe(503);
		expect(await response.text()).toContain("ADDRESS_LIMIT");
	});

	it("the log says loudly that anyone may call, which on this computer is nobody's business", async () => {
		const warn = vi.spyOn(console, "warn").mockReturnValue(undefined);
		const said = () => warn.mock.calls.map(([line]) => String(line)).filter((line) => line.includes("anyone_may_call"));
		vi.resetModules();
		const { anyone } = await import("../../src/sign-in/anyone.ts");
		const { createWorker } = await import("../../src/worker.ts");
		const { handler } = createWorker({ ...server, signIn: anyone() });
		const open = async (origin: string) => {
			await handler.fetch(new Request(`${origin}/mcp`, post("203.0.113.8")), env, createExecutionContext());
		};
		await open(LOCAL);
		expect(said()).toEqual([]);
		await open(DEPLOYED);
		await open(DEPLOYED);
		expect(said()).toHaveLength(1);
		expect(said()[0]).toContain("Anyone who reaches this server can call its tools");
	});
});

it("on this computer nothing is limited", async () => {
	const limit = { limit: async () => ({ success: false }) };
	const settings = { ...env, ADDRESS_LIMIT: limit };
	const response = await worker.fetch(
		new Request(`${LOCAL}/mcp`, post("127.0.0.1")),
		settings,
		createExecutionContext(),
	);
	expect(response.status).toBe(200);
});

it("a browser that opens the address is shown how it is used", async () => {
	const response = await mcp(null, { method: "GET", headers: { Accept: "text/html" } });
	expect(readText(await response.text())).toContain("paste it there. There is no sign-in");
});

it.each([
	["203.0.113.7", "203.0.113.7"],
	["::ffff:203.0.113.7", "203.0.113.7"],
	["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
	["2001:db8:1:2::1", "2001:db8:1:2"],
	["2001:db8::1", "2001:db8:0:0"],
	["::1", "0:0:0:0"],
	["2001:db8::", "2001:db8:0:0"],
	["", ""],
])("requests from %s count as %s", (address, network) => {
	expect(networkOf(address)).toBe(network);
});
