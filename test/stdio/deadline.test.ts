/** What a child never answers is answered for it, in every era, and the child is told. */
import { describe, expect, it } from "vitest";
import { type Incoming, readMessages } from "../support/wire.ts";
import { type App, eventually, newApp } from "./app.ts";
import { childCommand, useStdio } from "./door.ts";

const CALL_SECONDS = 3;
const LONG_CALL_SECONDS = 2;

const stdio = useStdio({
	command: childCommand("fake"),
	settings: {
		CALL_TIMEOUT_SECONDS: String(CALL_SECONDS),
		LONG_CALL_TIMEOUT_SECONDS: String(LONG_CALL_SECONDS),
	},
});

type Connection = {
	pid: number;
	/** @returns the answer */
	request(method: string, params: Record<string, unknown>): Promise<Incoming>;
};

async function overStreamable(app: App): Promise<Connection> {
	const session = await app.open();
	return {
		pid: await session.pid(),
		request: async (method, params) => {
			const messages = await readMessages(await session.post({ jsonrpc: "2.0", id: 7, method, params }));
			return messages.at(-1) ?? {};
		},
	};
}

async function overSse(app: App): Promise<Connection> {
	const session = await app.openSse();
	return {
		pid: await session.pid(),
		request: async (method, params) => {
			await session.post({ jsonrpc: "2.0", id: 7, method, params });
			return session.answerTo(7);
		},
	};
}

async function withoutSession(app: App): Promise<Connection> {
	return {
		pid: await app.pidStateless(),
		request: async (method, params) => (await readMessages(await app.stateless(method, params, {}, 7))).at(-1) ?? {},
	};
}

describe.concurrent.each([
	["over Streamable HTTP", overStreamable],
	["over HTTP+SSE", overSse],
	["without a session", withoutSession],
])("%s", (_, connect) => {
	const limit = (name: string, seconds: number) =>
		expect.stringMatching(new RegExp(`^${name} was stopped because it reached its time limit of ${seconds} s\\.`));

	it("a call that is never answered ends at its time limit, and the child is told", {
		timeout: 15_000,
	}, async () => {
		const { pid, request } = await connect(await newApp(stdio));
		const begun = performance.now();
		const answer = await request("tools/call", { name: "hang", arguments: {} });
		expect(performance.now() - begun).toBeGreaterThan(LONG_CALL_SECONDS * 900);
		const text = limit("hang", LONG_CALL_SECONDS);
		expect(answer).toMatchObject({ id: 7, result: { isError: true, content: [{ type: "text", text }] } });
		await eventually(() => expect(stdio.stderrOf(pid).some((line) => line.startsWith("cancelled"))).toBe(true));
	});

	it("any other request ends with an error, and the child is told", { timeout: 15_000 }, async () => {
		const { pid, request } = await connect(await newApp(stdio));
		const answer = await request("resources/read", { uri: "file:///slow" });
		const message = expect.stringContaining(`time limit of ${CALL_SECONDS} s`);
		expect(answer).toMatchObject({ id: 7, error: { code: expect.any(Number), message } });
		await eventually(() => expect(stdio.stderrOf(pid).some((line) => line.startsWith("cancelled"))).toBe(true));
	});

	it("the same child answers the next call", { timeout: 15_000 }, async () => {
		const { pid, request } = await connect(await newApp(stdio));
		await request("tools/call", { name: "hang", arguments: {} });
		const answer = await request("tools/call", { name: "environment", arguments: {} });
		expect(JSON.stringify(answer)).toContain(`\\"pid\\":${pid}`);
	});
});

it.concurrent("a question that nobody answers ends with its call, and the child is told", {
	timeout: 15_000,
}, async () => {
	const app = await newApp(stdio);
	const pid = await app.pidStateless();
	const asked = await app.callStateless("ask", {}, {}, { roots: {} });
	const [key = ""] = Object.keys(asked.result?.inputRequests ?? {});
	await eventually(() => expect(stdio.stderrOf(pid).some((line) => line.startsWith("cancelled"))).toBe(true));
	const more = { requestState: asked.result?.requestState, inputResponses: { [key]: { roots: [] } } };
	expect(await app.callStateless("ask", {}, more, { roots: {} })).toMatchObject({ error: { code: -32602 } });
});
