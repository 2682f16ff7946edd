import { describe, expect, it } from "vitest";
import { newHold } from "../support/fixture/control.ts";
import { SseSession } from "../support/sse-session.ts";
import { stateless } from "../support/stateless.ts";
import { type Incoming, messagesOf, readMessages } from "../support/wire.ts";
import { callTool, mcp, openSession, signIn } from "../support/worker.ts";

const PROGRESS_TOKEN = "so-far";

const report = (meta: object = {}) => callWith(meta, "report", { text: "hello" });

function callWith(_meta: object, name: string, args: object) {
	return { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args, _meta } };
}

async function signInForAll(): Promise<string> {
	return (await signIn({ resource: null })).access_token;
}

function postStateless(token: string, { params }: ReturnType<typeof callWith>) {
	const { headers, message } = stateless("tools/call", params);
	return mcp(message, { token, headers });
}

/** What arrives, until the answer. */
async function readAll(next: () => Promise<Incoming>): Promise<Incoming[]> {
	const messages: Incoming[] = [];
	do messages.push(await next());
	while (messages.at(-1)?.id !== 1);
	return messages;
}

const PROGRESS = [
	{ progress: 0, total: 1, message: "Begun", progressToken: PROGRESS_TOKEN },
	{ progress: 1, total: 1, message: "Done", progressToken: PROGRESS_TOKEN },
];

describe("a tool reports its progress to a client that wants to know", () => {
	const meta = { progressToken: PROGRESS_TOKEN };
	const expectProgress = (messages: Incoming[]) => {
		const told = messages.filter(({ method }) => method === "notifications/progress");
		expect(told.map(({ params }) => params)).toEqual(PROGRESS);
		expect(messages.at(-1)).toMatchObject({ result: { structuredContent: { text: "hello" } } });
	};

	it("on the stream of the call, in a session", async () => {
		const token = await signInForAll();
		const response = await mcp(report(meta), { token, session: await openSession(token) });
		expect(response.headers.get("Content-Type")).toContain("text/event-stream");
		expectProgress(await readAll(messagesOf(response)));
	});

	it("on the stream of the call, without a session", async () => {
		const response = await postStateless(await signInForAll(), report(meta));
		expect(response.headers.get("Content-Type")).toContain("text/event-stream");
		expectProgress(await readAll(messagesOf(response)));
	});

	it("on the one stream there is, at /sse", async () => {
		const sse = await SseSession.open(await signInForAll());
		await sse.post(report(meta));
		expectProgress(await readAll(() => sse.receive()));
		await sse.close();
	});

	it("and to nobody else", async () => {
		const token = await signInForAll();
		const response = await mcp(report(), { token, session: await openSession(token) });
		expect(await response.text()).not.toContain("progress");
	});
});

describe("a call that the client cancels", () => {
	const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };

	it("stops the work, in a session", async () => {
		const token = await signInForAll();
		const connection = { token, session: await openSession(token) };
		const held = newHold();
		const call = await mcp(callTool("hold", { name: held.name }), connection);
		await expect.poll(() => held.state).toBe("waiting");
		expect((await mcp(cancel, connection)).status).toBe(202);
		await expect.poll(() => held.state).toBe("aborted");
		// There is nothing more to come: the stream ends.
		expect(await readMessages(call)).toEqual([]);
	});

	it("is not answered; the others of its batch are", async () => {
		const token = await signInForAll();
		const connection = { token, session: await openSession(token) };
		const [cancelled, other] = [newHold(), newHold()];
		const batch = [cancelled, other].map(({ name }, index) => callTool("hold", { name }, index + 1));
		const call = await mcp(batch, connection);
		await expect.poll(() => other.state).toBe("waiting");
		await mcp(cancel, connection);
		await expect.poll(() => cancelled.state).toBe("aborted");
		other.release();
		expect(await readMessages(call)).toMatchObject([{ id: 2, result: { content: [{ text: "Released." }] } }]);
	});

	it("goes on until it is done, if nobody does", async () => {
		const token = await signInForAll();
		const held = newHold();
		const call = mcp(callTool("hold", { name: held.name }), { token, session: await openSession(token) });
		await expect.poll(() => held.state).toBe("waiting");
		held.release();
		expect(await readMessages(await call)).toMatchObject([{ id: 1, result: { content: [{ text: "Released." }] } }]);
		expect(held.state).toBe("released");
	});

	it("stops the work, at /sse", async () => {
		const sse = await SseSession.open(await signInForAll());
		const held = newHold();
		await sse.post(callTool("hold", { name: held.name }));
		await expect.poll(() => held.state).toBe("waiting");
		await sse.post(cancel);
		await expect.poll(() => held.state).toBe("aborted");
		await sse.close();
	});
});

describe.concurrent("a stream that waits is kept alive by comments", () => {
	const waiting = () => {
		const held = newHold();
		return { held, call: callWith({ progressToken: PROGRESS_TOKEN }, "hold", { name: held.name }) };
	};

	/** Reads on until there is a comment: at most half a minute. */
	async function expectKeepAlive(response: Response): Promise<void> {
		const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
		let text = "";
		while (!text.includes(": keepalive\n\n")) {
			const { done, value } = (await reader?.read()) ?? { done: true };
			if (done) throw new Error(`The stream ended: ${text}`);
			text += value;
		}
		await reader?.cancel();
	}

	it("of a call in a session", async () => {
		const token = await signInForAll();
		const { held, call } = waiting();
		await expectKeepAlive(await mcp(call, { token, session: await openSession(token) }));
		held.release();
	});

	it("of a call without a session", async () => {
		const { held, call } = waiting();
		await expectKeepAlive(await postStateless(await signInForAll(), call));
		held.release();
	});

	it("for what the server has to say, at /mcp", async () => {
		const token = await signInForAll();
		await expectKeepAlive(await mcp(null, { method: "GET", token, session: await openSession(token) }));
	});

	it("for what the server has to say, at /sse", async () => {
		await expectKeepAlive(await mcp(null, { method: "GET", path: "/sse", token: await signInForAll() }));
	});
});
