/** A stdio MCP server behind sign-in, Worker and bridge: nothing is lost on the way, and nothing is left behind. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bridge, childCommand, EVERYTHING, isRunning, startBridge, waitFor } from "../stdio/bridge.ts";
import { testEveryMessage } from "../stdio/every-message.ts";
import { INITIALIZE, send, toolCall } from "../stdio/raw.ts";
import { OAuthClient } from "../support/oauth-client.ts";
import { findFreePort, type RunningServer, startServer } from "./server.ts";
import { fetchOverHttp } from "./sign-in.ts";
import { CLIENTS } from "./stdio-clients.ts";

let server: RunningServer;
let bridgePort: number;
beforeAll(async () => {
	bridgePort = await findFreePort();
	server = await startServer({ flags: ["--var", `STDIO_URL:http://127.0.0.1:${bridgePort}`] });
});
afterAll(() => server?.stop());

/** A bridge for the tests of a `describe`, where the server looks for it. */
function useBridge(command: readonly string[], flags: readonly string[] = []): () => Bridge {
	let bridge: Bridge | undefined;
	beforeAll(async () => {
		bridge = await startBridge({ command, flags: ["--port", String(bridgePort), ...flags] });
	});
	afterAll(() => bridge?.stop());
	return () => {
		if (!bridge) throw new Error("The bridge is not running");
		return bridge;
	};
}

/** What an app posts, in the name of somebody who has just signed in. */
async function rawCaller() {
	const client = new OAuthClient(fetchOverHttp, server.origin);
	const { access_token: token } = await client.signIn({ resource: server.origin });
	const Authorization = `Bearer ${token}`;
	const origin = `${server.origin}/stdio`;
	return {
		Authorization,
		post: (body: unknown, session = "", method = "POST") =>
			send(origin, body, { method, session, headers: { Authorization } }),
		async openSession(): Promise<string> {
			const response = await send(origin, INITIALIZE, { headers: { Authorization } });
			await response.text();
			return response.headers.get("Mcp-Session-Id") ?? "";
		},
	};
}

const textOf = (result: object): string => {
	if (!("content" in result) || !Array.isArray(result.content)) throw new Error("No content");
	return String(result.content[0].text);
};

describe("the reference server", () => {
	const bridge = useBridge(EVERYTHING);

	describe.each(CLIENTS)("with $title", ({ signIn, version }) => {
		testEveryMessage(async () => (await signIn(server.origin)).client, version);

		it("runs for two users at once, in their own processes, as themselves", async () => {
			const started = bridge().events("child_start").length;
			const users = [
				{ email: "ada@example.com", permissions: ["image_generation"], expected: "image_generation,stdio" },
				{ email: "bob+1@example.com", permissions: [], expected: "stdio" },
			];
			const connected = await Promise.all(users.map((user) => signIn(server.origin, user)));
			const results = await Promise.all(connected.map(({ client }) => client.call("get-env")));
			for (const [i, { email, expected }] of users.entries()) {
				const text = textOf(results[i] ?? {});
				expect(JSON.parse(text)).toMatchObject({
					MCP_USER_ID: `local-${email}`,
					MCP_USER_LOGIN: email,
					MCP_USER_PERMISSIONS: expected,
				});
				const token = connected[i]?.token ?? "";
				expect(token.length).toBeGreaterThan(20);
				expect(text + bridge().output()).not.toContain(token);
			}
			const pids = bridge()
				.events("child_start")
				.slice(started)
				.map(({ pid }) => pid);
			expect(new Set(pids).size).toBe(2);
			await Promise.all(connected.map(({ client }) => client.close()));
		});
	});
});

describe("a child", () => {
	const bridge = useBridge(childCommand("fake"));
	const lastPid = () => Number(bridge().events("child_start").at(-1)?.pid);

	describe.each(CLIENTS)("of $title", ({ title, signIn }) => {
		const connect = async (what: string) =>
			(await signIn(server.origin, { email: `${what}.${title.replace(/\W/g, "-")}@example.com` })).client;
		const count = (line: string) =>
			bridge()
				.events("child_stderr")
				.filter((event) => event.line === line).length;

		it("that is killed in mid-call gives the client an error", async () => {
			const client = await connect("killed");
			const hanging = count("hangs");
			const call = client.call("hang");
			await waitFor("the call", () => count("hangs") > hanging);
			process.kill(lastPid(), "SIGKILL");
			await expect(call).rejects.toThrow("The MCP server ended (SIGKILL).");
			await client.close();
		});

		it("that writes garbage goes on, and may answer with several megabytes", async () => {
			const client = await connect("garbage");
			expect(textOf(await client.call("garbage"))).toBe("still here");
			const bytes = 8 * 1024 * 1024;
			expect(textOf(await client.call("big", { bytes }))).toBe("x".repeat(bytes));
			await client.close();
		});

		it("is told by a client that cancels", async () => {
			const client = await connect("cancels");
			const hanging = count("hangs");
			const cancel = new AbortController();
			const call = client.call("hang", {}, { signal: cancel.signal, onprogress: () => {} });
			await waitFor("the call", () => count("hangs") > hanging);
			const told = () =>
				bridge()
					.events("child_stderr")
					.filter(({ line }) => /^cancelled \d/.test(String(line)));
			const before = told().length;
			cancel.abort("enough");
			await expect(call).rejects.toThrow("enough");
			await waitFor("the child to be told", () => told().length > before);
			await client.close();
		});
	});

	it("is gone with its session: 20 opened and closed", async () => {
		const { post, openSession, Authorization } = await rawCaller();
		const before = bridge().events("child_start").length;
		const overStreamable = async () => {
			const session = await openSession();
			expect((await post(undefined, session, "DELETE")).status).toBe(200);
		};
		const overSse = async () => {
			const gone = new AbortController();
			const headers = { Authorization, Accept: "text/event-stream" };
			const stream = await fetch(`${server.origin}/stdio/sse`, { headers, signal: gone.signal });
			const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
			const [, path] = /data: (.+)\n\n/.exec((await reader?.read())?.value ?? "") ?? [];
			const init = { method: "POST", headers: { Authorization, "Content-Type": "application/json" } };
			const body = JSON.stringify(INITIALIZE);
			expect((await fetch(server.origin + path, { ...init, body })).status).toBe(202);
			expect((await reader?.read())?.value).toContain('"serverInfo"');
			gone.abort();
		};
		for (let round = 0; round < 5; round++) {
			await Promise.all([overStreamable(), overStreamable(), overSse(), overSse()]);
		}
		const pids = bridge()
			.events("child_start")
			.slice(before)
			.map(({ pid }) => pid);
		expect(new Set(pids).size).toBe(20);
		await waitFor("all children to end", () => !pids.some(isRunning));
	});
});

describe("a child that never answers", () => {
	useBridge(childCommand("silent"), ["--initialize-seconds", "1"]);

	it.each(CLIENTS)("is given up, and said so to $title", async ({ signIn }) => {
		await expect(signIn(server.origin)).rejects.toThrow("The MCP server did not answer within 1 seconds.");
	});
});

describe("a bridge that is not running", () => {
	it("is answered with a sentence, and with when to try again", async () => {
		const { post } = await rawCaller();
		for (const body of [INITIALIZE, toolCall(1, "echo")]) {
			const response = await post(body);
			expect([response.status, response.headers.get("Retry-After")]).toEqual([503, "10"]);
			const message = expect.stringMatching(
				/^The stdio server does not answer\. Try again in a minute; .*request ID \S+\.$/,
			);
			expect(await response.json()).toEqual({ jsonrpc: "2.0", id: null, error: { code: -32000, message } });
		}
	});
});
