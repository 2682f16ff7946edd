/** What some hosts take for ends of lines leaves every event stream escaped. The reader of these tests checks all streams. */
import { beforeAll, describe, expect, it } from "vitest";
import { ERAS, openEra } from "../support/eras.ts";
import { newHold } from "../support/fixture/control.ts";
import { EventReader } from "../support/sse.ts";
import { stateless } from "../support/stateless.ts";
import type { Message } from "../support/wire.ts";
import { INITIALIZE, mcp, openSession, signIn } from "../support/worker.ts";

const TEXT = "one\u2028two\u2029three\u0085four “…” €";
const ESCAPED = String.raw`one\u2028two\u2029three\u0085four “…” €`;

/** A call that answers with what it was asked, after telling its progress. */
const params = (progressToken: string): Message => ({
	name: "report",
	arguments: { text: TEXT },
	_meta: { progressToken },
});
const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: params("a\u2028b") };

let token = "";

beforeAll(async () => {
	({ access_token: token } = await signIn({ resource: null }));
});

/** Checked here as well, so that the reader's own check cannot be lost. */
function expectEscaped(stream: string, ...texts: string[]) {
	for (const text of texts) expect(stream).toContain(text);
	expect(stream).not.toMatch(/[\u2028\u2029\u0085]/);
}

describe("U+2028, U+2029 and U+0085", () => {
	it.each(ERAS)("are what a client of %s reads", async (era) => {
		const client = await openEra(era, { token });
		const answer = await client.request("tools/call", params("a\u2028b"));
		expect(answer).toMatchObject({ result: { structuredContent: { text: TEXT } } });
		await client.close();
	});

	it("are escaped on the stream of a call in a session", async () => {
		const stream = await (await mcp(call, { token, session: await openSession(token) })).text();
		expectEscaped(stream, ESCAPED, String.raw`a\u2028b`);
	});

	it("are escaped on the stream of a call that takes long, and when it is replayed", async () => {
		const headers = { "MCP-Protocol-Version": "2025-11-25" };
		const session = await openSession(token);
		const held = newHold();
		held.release();
		const args = { name: held.name, text: TEXT };
		const waiting = { ...call, params: { ...call.params, name: "hold", arguments: args } };
		const stream = await (await mcp(waiting, { token, session, headers })).text();
		expectEscaped(stream, ESCAPED, String.raw`a\u2028b`);
		const [, priming = ""] = /^id: (.+)$/m.exec(stream) ?? [];
		const again = await mcp(null, { method: "GET", token, session, headers: { ...headers, "Last-Event-ID": priming } });
		expectEscaped(await again.text(), ESCAPED, String.raw`a\u2028b`);
	});

	it("are escaped on the stream of a call without a session", async () => {
		const { headers, message } = stateless("tools/call", params("a\u2028b"));
		const response = await mcp(message, { token, headers });
		expect(response.headers.get("Content-Type")).toBe("text/event-stream");
		expectEscaped(await response.text(), ESCAPED, String.raw`a\u2028b`);
	});

	it("are escaped on a session's one stream at /sse", async () => {
		const response = await mcp(null, { method: "GET", path: "/sse", token });
		const [forReader, raw] = response.body?.tee() ?? [];
		const events = new EventReader(new Response(forReader));
		const path = (await events.next())?.data ?? "";
		await mcp(INITIALIZE, { token, path });
		await mcp(call, { token, path });
		while (!(await events.next())?.data.includes("structuredContent"));
		await events.close();
		const decoder = new TextDecoder();
		let stream = "";
		for await (const chunk of raw ?? []) {
			stream += decoder.decode(chunk, { stream: true });
			if (stream.includes("structuredContent")) break;
		}
		expectEscaped(stream, ESCAPED, String.raw`a\u2028b`);
	});

	it("are not touched in an answer that is JSON", async () => {
		const { _meta, ...unnoticed } = params("");
		const { headers, message } = stateless("tools/call", unnoticed);
		const response = await mcp(message, { token, headers });
		expect(response.headers.get("Content-Type")).toContain("application/json");
		expect(await response.text()).toContain(TEXT);
	});
});
