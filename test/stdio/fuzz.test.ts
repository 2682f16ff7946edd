/** Requests, messages and bytes of two users at the addresses of a stdio server: each gets the answers of their own child. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkAnswer, headerText, oddText, tryMany } from "../fuzz/fuzzing.ts";
import { stateless } from "../support/stateless.ts";
import { type App, appOf, eventually, type Message, type Session, textOf } from "./app.ts";
import { childCommand, useStdio } from "./door.ts";

const METHODS = [
	...["initialize", "ping", "tools/list", "tools/call", "resources/read", "prompts/get", "completion/complete"],
	...["logging/setLevel", "resources/subscribe", "subscriptions/listen", "server/discover", "tasks/get"],
	...["notifications/initialized", "notifications/cancelled", "notifications/progress", "notifications/message"],
];
const HEADERS = ["Accept", "Content-Type", "Last-Event-ID", "Mcp-Method", "Mcp-Name", "Mcp-Session-Id", "Origin"];

/** Lines that the child writes: as a rule, odd answers. */
const lines = fc.array(
	fc.oneof(
		oddText,
		fc.json(),
		fc
			.tuple(fc.oneof(fc.constant("$ID"), fc.json({ maxDepth: 1 })), fc.json())
			.map(([id, result]) => `{"jsonrpc":"2.0","id":${id},"result":${result}}`),
		fc.json().map((params) => `{"jsonrpc":"2.0","method":"notifications/message","params":${params}}`),
		fc.json().map((params) => `{"jsonrpc":"2.0","id":"q","method":"roots/list","params":${params}}`),
	),
	{ maxLength: 4 },
);
const calls = fc.record({
	name: oddText,
	arguments: fc.oneof(fc.record({ lines }), fc.record({ lines }), fc.dictionary(oddText, oddText), fc.jsonValue()),
});
const messages = fc.oneof(
	fc.record(
		{
			jsonrpc: fc.constantFrom("2.0", "1.0"),
			id: fc.oneof(fc.integer(), oddText, fc.constant(null)),
			method: fc.oneof(fc.constantFrom(...METHODS), oddText),
			params: fc.oneof(calls, fc.jsonValue()),
		},
		{ requiredKeys: ["jsonrpc"] },
	),
	fc.record({
		jsonrpc: fc.constant("2.0"),
		id: fc.oneof(fc.integer(), fc.string()),
		method: fc.constant("tools/call"),
		params: calls,
	}),
);
/** A message as text, or what only looks like one. */
const bodies = fc.oneof(
	messages.map((message) => JSON.stringify(message)),
	fc.array(messages, { maxLength: 3 }).map((batch) => JSON.stringify(batch)),
	fc.tuple(messages, fc.nat()).map(([message, end]) => {
		const text = JSON.stringify(message);
		return text.slice(0, end % text.length);
	}),
	fc.string({ unit: "binary", maxLength: 200 }),
);
const requests = fc.record({
	isFirst: fc.boolean(),
	method: fc.constantFrom("POST", "POST", "POST", "GET", "DELETE", "PUT"),
	path: fc.constantFrom(
		"/stdio/mcp",
		"/stdio/mcp/",
		"/stdio/sse",
		"/stdio/sse/message",
		"/stdio/sse/message?sessionId=x",
	),
	headers: fc.dictionary(fc.constantFrom(...HEADERS), headerText, { maxKeys: 3 }),
	body: bodies,
});
/** Whose turn it is, and what they send. */
const turns = fc.array(fc.tuple(fc.boolean(), bodies), { minLength: 1, maxLength: 3 });

const USERS = ["fuzz-one@example.com", "fuzz-two@example.com"] as const;

const stdio = useStdio({
	command: childCommand("echo"),
	settings: { CALL_TIMEOUT_SECONDS: "1", LONG_CALL_TIMEOUT_SECONDS: "1" },
});
const signInBoth = () => Promise.all(USERS.map((user) => appOf(stdio, user)));

/** Each line of both logs is JSON. */
function checkLogs(): void {
	const lines = `${stdio.workerLog()}${stdio.bridgeLog()}`.split("\n");
	for (const line of lines)
		if (line !== "" && !line.startsWith("Bridge: ")) expect(JSON.parse(line)).toHaveProperty("event");
}

/** The text of an answer, also of one that is a stream; a stream of a GET is not read. */
async function check(answer: Promise<Response>, isRead: boolean): Promise<string> {
	const response = await answer;
	const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
	if (!isStream || !isRead) return checkAnswer(Promise.resolve(response));
	return checkAnswer(response.text().then((text) => new Response(text, { status: response.status })));
}

/** Opens a session, once those that random requests opened leave room for it. */
async function open(app: App): Promise<Session> {
	let session: Session | undefined;
	await eventually(async () => {
		session = await app.open();
	});
	if (!session) throw new Error("No session was opened");
	return session;
}

/** Expects that a user's child is their own, and answers. */
async function expectOwnChild(app: App): Promise<void> {
	const session = await open(app);
	expect(JSON.parse(textOf(await session.ask("environment"))).env).toMatchObject({ MCP_USER_LOGIN: app.email });
	await session.end();
}

describe("at the addresses of a stdio server", () => {
	it("any request is answered, and by no fault of ours", async () => {
		const apps = await signInBoth();
		await tryMany(requests, async ({ isFirst, method, path, headers, body }) => {
			const [app] = isFirst ? apps : apps.toReversed();
			const given = method === "POST" || method === "PUT" ? body : undefined;
			const text = await check(app?.send(method, given, { path, headers }) ?? Promise.reject(), method !== "GET");
			expect(text).not.toContain(USERS[isFirst ? 1 : 0]);
		});
		for (const app of apps) await expectOwnChild(app);
		checkLogs();
	});

	it("messages of two users in sessions, in each other's too, reach their own child", async () => {
		const apps = await signInBoth();
		const sessions = await Promise.all(apps.map(open));
		await tryMany(
			turns,
			async (sent) => {
				for (const [isFirst, body] of sent) {
					const [mine, other] = isFirst ? [0, 1] : [1, 0];
					const text = await check(sessions[mine]?.post(body) ?? Promise.reject(), true);
					expect(text).not.toContain(USERS[other]);
					const stolen = apps[mine]?.post(body, { session: sessions[other]?.id ?? "" });
					expect(await check(stolen ?? Promise.reject(), true)).not.toContain(USERS[other]);
				}
			},
			0.3,
		);
		for (const [index, session] of sessions.entries()) {
			const { env } = await session.environment();
			expect(env.MCP_USER_LOGIN).toBe(USERS[index]);
		}
		checkLogs();
	});

	it("messages without sessions reach their own child", async () => {
		const apps = await signInBoth();
		await tryMany(
			fc.tuple(fc.boolean(), messages),
			async ([isFirst, message]) => {
				const { headers, message: whole } = stateless(String(message.method ?? ""), Object(message.params));
				const fitting = Object.entries(headers).filter(([, value]) => /^[\x20-\x7e]*$/.test(value));
				const [app] = isFirst ? apps : apps.toReversed();
				const isStream = (whole as Message).method === "subscriptions/listen";
				const answer = app?.post(whole, { headers: Object.fromEntries(fitting) });
				expect(await check(answer ?? Promise.reject(), !isStream)).not.toContain(USERS[isFirst ? 1 : 0]);
			},
			0.3,
		);
		for (const app of apps) expect((await app.callStateless("environment")).result).toBeTruthy();
		checkLogs();
	});

	it("messages over HTTP+SSE are accepted or refused, and the child goes on", async () => {
		const apps = await signInBoth();
		const [first, second] = [await apps[0]?.openSse(), await apps[1]?.openSse()];
		if (!first || !second) throw new Error("No session was opened");
		await tryMany(bodies, async (body) => void (await check(first.post(body), true)), 0.3);
		await second.post({ jsonrpc: "2.0", method: "notifications/initialized" });
		for (const session of [first, second]) {
			expect(textOf(await session.ask("environment", {}, "the last"))).toContain(session.app.email);
			session.close();
		}
		checkLogs();
	});
});
