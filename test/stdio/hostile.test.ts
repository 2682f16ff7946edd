/** Children and users that attack: what their own user gets, what others get, and what the log has of it. */
import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { EventReader } from "../support/sse.ts";
import { nextMessage, readMessages } from "../support/wire.ts";
import { appOf, eventually, initialize, newApp, textOf } from "./app.ts";
import { childCommand, useStdio } from "./door.ts";
import { isRunning } from "./processes.ts";

const MEGABYTE = 1e6;
const API_KEY = "sk-live-0123456789";
const NOT_READ = "The MCP server does not read what it is sent. Try again later.";

const stdio = useStdio({
	command: childCommand("hostile"),
	settings: { CALL_TIMEOUT_SECONDS: "8", LONG_CALL_TIMEOUT_SECONDS: "8" },
	bridgeEnv: { STDIO_ENV_API_KEY: API_KEY },
});

describe("a hostile child", () => {
	it.concurrent("answers its user's call once, and nobody else's", async () => {
		const [attacker, victim] = [await (await newApp(stdio)).open(), await (await newApp(stdio)).open()];
		const waiting = await victim.call(7, "nothing");
		const messages = await readMessages(await attacker.call(3, "forge", { count: 50 }));
		expect(messages).toEqual([{ jsonrpc: "2.0", id: 3, result: { content: [{ type: "text", text: "first" }] } }]);
		const [answer] = await readMessages(waiting);
		expect(answer).toMatchObject({ id: 7, result: { isError: true } });
		expect(JSON.stringify(answer)).not.toContain("forged");
	});

	it.concurrent.each(["no-version", "odd-version", "long-version", "split-version"])(
		"that names %s opens no session, and its user learns why",
		async (user) => {
			const response = await (await appOf(stdio, `${user}@example.com`)).post(initialize());
			expect([response.status, response.headers.get("Mcp-Session-Id")]).toEqual([502, null]);
			const message = "The MCP server did not name a version of the protocol.";
			expect(await response.json()).toEqual({ jsonrpc: "2.0", id: 0, error: { code: -32000, message } });
		},
	);

	it.concurrent("that tells more than is kept for a client that does not listen loses the oldest", async () => {
		const session = await (await newApp(stdio)).open();
		const pid = Number(textOf(await session.ask("pid")));
		await session.ask("tell", { count: 40 });
		await eventually(() => expect(stdio.stderrOf(pid)).toContain("told"));
		const stream = new EventReader(await session.listen());
		const numbers: number[] = [];
		while (numbers.at(-1) !== 39) numbers.push(Number((await nextMessage(stream)).params?.logger));
		await stream.close();
		// Of 1 MB each, one is kept, and not more than 17 were on their way.
		expect(numbers.length).toBeLessThan(20);
		expect(numbers).toEqual(numbers.map((_, index) => 40 - numbers.length + index));
	});

	it.concurrent("that asks more at once than a client is asked gets errors for the rest", async () => {
		const app = await newApp(stdio);
		const pid = Number(textOf(await app.callStateless("pid")));
		const { result } = await app.callStateless("ask", { count: 1000 }, {}, { roots: {} });
		expect(Object.keys(result?.inputRequests ?? {}).length).toBeLessThanOrEqual(100);
		await eventually(() => expect(stdio.stderrOf(pid)).toContain("refused 900"));
	});

	it.concurrent("that asks for ever cannot put off the end of its call", async () => {
		const session = await (await newApp(stdio)).open();
		const begun = performance.now();
		const messages = await readMessages(await session.call(1, "askForever"));
		expect(messages.at(-1)).toMatchObject({ id: 1, result: { isError: true } });
		expect(performance.now() - begun).toBeLessThan(25_000);
	});

	it.concurrent("shows nothing on a page, and its name and its secrets are not in the Worker's log", async () => {
		const app = await newApp(stdio);
		const session = await app.open();
		await readMessages(await session.post({ jsonrpc: "2.0", id: 2, method: "tools/list" }));
		await session.ask("garbage");
		await app.callStateless("garbage");
		const client = new OAuthClient((to, init) => fetch(to, init), stdio.origin);
		const { url } = await client.authorizationUrl(await client.register());
		const person = new Person((to, init) => fetch(to, init));
		const account = `${stdio.origin}/account`;
		await person.walk(`${account}?redirect_uri=${encodeURIComponent(account)}`, { email: app.email });
		for (const [address, holds] of [
			[`${stdio.origin}/`, "stdio"],
			[url, `name="decision"`],
			[account, "Test client"],
		] as const) {
			const page = await (await person.get(address)).text();
			expect(page).toContain(holds);
			expect(page).not.toMatch(/alert|signed_in/);
		}
		expect(stdio.workerLog()).not.toMatch(/alert|sk-live/);
		await stdio.event("child_garbage", ({ line }) => line === '{"event":"signed_in"} [API_KEY]');
		await stdio.event("child_stderr", ({ line }) => line === '{"event":"signed_in"} [API_KEY]');
		expect(stdio.bridgeLog()).not.toContain(API_KEY);
	});
});

describe("a hostile user", () => {
	it.concurrent("cannot fill the memory with what children do not read", { timeout: 60_000 }, async () => {
		const app = await appOf(stdio, "deaf@example.com");
		const [one, ...others] = await Promise.all(Array.from({ length: 4 }, () => app.open()));
		const note = { jsonrpc: "2.0", method: "notifications/note", params: { x: "x".repeat(3.9 * MEGABYTE) } };
		for (const session of others) {
			for (let count = 0; count < 4; count++) expect((await session.post(note)).status).toBe(202);
		}
		// This session has not sent anything yet.
		const answer = await one?.ask("nothing", { x: "x".repeat(3 * MEGABYTE) });
		expect(answer).toMatchObject({ id: 1, error: { code: -32000, message: NOT_READ } });
		// Another user's child reads, and is not held up.
		const victim = await (await newApp(stdio)).open();
		expect(textOf(await victim.ask("forge", { x: "x".repeat(MEGABYTE) }))).toBe("first");
	});

	it.concurrent("cannot make one request subscribe to more than a hundred resources", async () => {
		const app = await newApp(stdio);
		const listen = (count: number) => {
			const resourceSubscriptions = Array.from({ length: count }, (_, number) => `file:///${number}`);
			return app.stateless("subscriptions/listen", { notifications: { resourceSubscriptions } });
		};
		const refused = await listen(101);
		expect([refused.status, await refused.json()]).toMatchObject([400, { id: 1, error: { code: -32602 } }]);
		const accepted = await listen(100);
		expect(accepted.status).toBe(200);
		await accepted.body?.cancel();
	});

	it.concurrent("reaches no child with a message that is too deep, or no message", async () => {
		const session = await (await newApp(stdio)).open();
		const deep = `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":${"[".repeat(300)}${"]".repeat(300)}}}`;
		const pipes = ['={"taken":1}', "=", '\uFEFF={"taken":1}', '"={}"', "\n", "[]", "[[]]"];
		const statuses = [];
		for (const body of [deep, ...pipes]) statuses.push((await session.post(body)).status);
		expect(statuses).toEqual([400, ...pipes.map(() => 400)]);
		expect(textOf(await session.ask("forge"))).toBe("first");
	});

	it.concurrent("holds up no other user with more calls than may wait, and each call ends", async () => {
		const [session, victim] = [await (await newApp(stdio)).open(), await (await newApp(stdio)).open()];
		const calls = Array.from({ length: 80 }, (_, id) => session.call(id, "nothing").then(readMessages));
		expect(textOf(await victim.ask("forge"))).toBe("first");
		const answers = (await Promise.all(calls)).map((messages) => messages.at(-1));
		expect(answers.map((answer) => answer?.id)).toEqual(calls.map((_, id) => id));
		const displaced = answers.filter((answer) => answer?.error?.message.startsWith("There are more than 64 calls"));
		expect(displaced).toHaveLength(80 - 64);
	});

	it.concurrent("holds up neither others nor a session of their own with a body that does not end", async () => {
		const [session, victim] = [await (await newApp(stdio)).open(), await (await newApp(stdio)).open()];
		const headers = {
			Authorization: `Bearer ${session.app.tokens.access_token}`,
			"Content-Length": "1000",
			"Content-Type": "application/json",
			"Mcp-Session-Id": session.id,
		};
		const half = request(`${stdio.origin}/stdio/mcp`, { method: "POST", headers });
		half.on("error", () => {});
		half.write('{"jsonrpc":"2.0","id":1,');
		for (const one of [victim, session]) expect(textOf(await one.ask("forge"))).toBe("first");
		half.destroy();
	});

	it.concurrent("writes no control character to the log with the name of a tool", async () => {
		const session = await (await newApp(stdio)).open();
		await session.ask("x\u009b2J\u202E\u2028\n");
		await eventually(() => expect(stdio.workerLog()).toContain("x\\u009b2J\\u202e\\u2028\\n"));
		// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
		expect(stdio.workerLog()).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]/);
		for (const line of stdio.workerLog().trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("event");
	});
});

describe("a child that talks on", () => {
	const patient = useStdio({ command: childCommand("hostile"), settings: { STDIO_IDLE_SECONDS: "2" } });

	it("keeps its session only if a client listens", async () => {
		const app = await appOf(patient, "heartbeat@example.com");
		const [heard] = [await app.open(), await app.open()];
		const stream = await heard.listen();
		const pids = () => patient.events("child_start").map(({ pid }) => pid);
		await eventually(() => expect(pids().filter(isRunning)).toHaveLength(1));
		expect((await heard.post({ jsonrpc: "2.0", method: "notifications/initialized" })).status).toBe(202);
		await stream.body?.cancel();
		await eventually(() => expect(pids().filter(isRunning)).toHaveLength(0));
	});

	it("is heard up to a limit in a call without a session, and its answer comes", async () => {
		const app = await newApp(patient);
		const more = { _meta: { progressToken: "token", "io.modelcontextprotocol/logLevel": "debug" } };
		const params = { name: "progress", arguments: { count: 100 }, ...more };
		const text = await (await app.stateless("tools/call", params)).text();
		expect(text.length).toBeGreaterThan(MEGABYTE);
		expect(text.length).toBeLessThan(10 * MEGABYTE);
		expect(text).toContain('"text":"done"');
	});
});
