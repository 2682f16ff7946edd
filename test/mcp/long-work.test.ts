import { describe, expect, it } from "vitest";
import { EventReader } from "../support/sse.ts";
import { SseSession } from "../support/sse-session.ts";
import { stateless } from "../support/stateless.ts";
import { askTool, mcp, openSession, signIn } from "../support/worker.ts";

const PROGRESS_TOKEN = "so-far";

const draw = (prompt: string, meta: object = {}) => ({
	jsonrpc: "2.0",
	id: 1,
	method: "tools/call",
	params: { name: "generateImage", arguments: { prompt }, _meta: meta },
});

async function signInToDraw(): Promise<string> {
	return (await signIn({ permissions: ["image_generation"], resource: null })).access_token;
}

const drawStateless = (token: string, prompt: string, _meta: object = {}) => {
	const params = { name: "generateImage", arguments: { prompt }, _meta };
	const { headers, message } = stateless("tools/call", params);
	return mcp(message, { token, headers });
};

/** Whether the model was told to stop. */
async function wasCancelled(token: string, prompt: string): Promise<boolean> {
	const session = await openSession(token);
	const { content } = await askTool("generateImage", { prompt: `outcome of ${prompt}` }, { token, session });
	return atob(content[0]?.data ?? "") === "true";
}

/** What arrives, until the answer. */
async function readAll(next: () => Promise<string | undefined>): Promise<{ method?: string; params?: object }[]> {
	const messages = [];
	for (;;) {
		const data = await next();
		if (data === undefined) return messages;
		if (data === "") continue;
		const message = JSON.parse(data);
		messages.push(message);
		if (message.id === 1) return messages;
	}
}

const PROGRESS = [
	{ progress: 0, total: 1, message: "Waiting for the image model, 4 steps", progressToken: PROGRESS_TOKEN },
	{ progress: 1, total: 1, message: "The image is ready", progressToken: PROGRESS_TOKEN },
];

describe("generateImage reports its progress to a client that wants to know", () => {
	const meta = { progressToken: PROGRESS_TOKEN };
	const expectProgress = (messages: { method?: string; params?: object }[]) => {
		expect(messages.slice(0, -1).map(({ params }) => params)).toEqual(PROGRESS);
		expect(messages.at(-1)).toMatchObject({ result: { structuredContent: { prompt: "a cat" } } });
	};

	it("on the stream of the call, in a session", async () => {
		const token = await signInToDraw();
		const events = new EventReader(await mcp(draw("a cat", meta), { token, session: await openSession(token) }));
		expectProgress(await readAll(async () => (await events.next())?.data));
	});

	it("on the stream of the call, without a session", async () => {
		const response = await drawStateless(await signInToDraw(), "a cat", meta);
		expect(response.headers.get("Content-Type")).toContain("text/event-stream");
		const events = new EventReader(response);
		expectProgress(await readAll(async () => (await events.next())?.data));
	});

	it("on the one stream there is, at /sse", async () => {
		const sse = await SseSession.open(await signInToDraw());
		await sse.post(draw("a cat", meta));
		expectProgress(await readAll(async () => JSON.stringify(await sse.receive())));
		await sse.close();
	});

	it("and to nobody else", async () => {
		const token = await signInToDraw();
		const response = await mcp(draw("a cat"), { token, session: await openSession(token) });
		expect(await response.text()).not.toContain("progress");
	});
});

describe("a call that the client cancels", () => {
	const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };

	it("stops the work, in a session", async () => {
		const token = await signInToDraw();
		const connection = { token, session: await openSession(token) };
		const prompt = `forever ${crypto.randomUUID()}`;
		const call = await mcp(draw(prompt), connection);
		expect((await mcp(cancel, connection)).status).toBe(202);
		await expect.poll(() => wasCancelled(token, prompt)).toBe(true);
		await call.body?.cancel();
	});

	it("stops the work, at /sse", async () => {
		const token = await signInToDraw();
		const sse = await SseSession.open(token);
		const prompt = `forever ${crypto.randomUUID()}`;
		await sse.post(draw(prompt));
		await sse.post(cancel);
		await expect.poll(() => wasCancelled(token, prompt)).toBe(true);
		await sse.close();
	});
});

describe.concurrent("a stream that waits is kept alive by comments", () => {
	const waiting = () => ({ prompt: `forever ${crypto.randomUUID()}`, meta: { progressToken: PROGRESS_TOKEN } });

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
		const token = await signInToDraw();
		const { prompt, meta } = waiting();
		await expectKeepAlive(await mcp(draw(prompt, meta), { token, session: await openSession(token) }));
	});

	it("of a call without a session", async () => {
		const { prompt, meta } = waiting();
		await expectKeepAlive(await drawStateless(await signInToDraw(), prompt, meta));
	});

	it("for what the server has to say, at /mcp", async () => {
		const token = await signInToDraw();
		await expectKeepAlive(await mcp(null, { method: "GET", token, session: await openSession(token) }));
	});

	it("for what the server has to say, at /sse", async () => {
		await expectKeepAlive(await mcp(null, { method: "GET", path: "/sse", token: await signInToDraw() }));
	});
});
