/** HTTP+SSE (2024-11-05) as it is on the wire. */
import { expect, it } from "vitest";
import { type Bridge, bridgeForTest, childCommand, isRunning, waitFor } from "./bridge.ts";
import { callerHeaders, INITIALIZE, toolCall } from "./raw.ts";

/** Opens a stream; its text grows as it comes. */
async function openStream(bridge: Bridge, headers: Record<string, string> = {}) {
	const gone = new AbortController();
	const response = await fetch(`${bridge.origin}/sse`, {
		headers: { ...callerHeaders("raw"), ...headers },
		signal: gone.signal,
	});
	const stream = { text: "", isOpen: true, hangUp: () => gone.abort() };
	const read = async () => {
		for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) stream.text += chunk;
	};
	read().then(
		() => (stream.isOpen = false),
		() => (stream.isOpen = false),
	);
	const path = await waitFor("the endpoint", () => /^event: endpoint\ndata: (.+)\n\n/.exec(stream.text)?.[1]);
	const id = new URL(path, bridge.origin).searchParams.get("sessionId") ?? "";
	const post = (body: object, user = "raw", session = id) =>
		fetch(`${bridge.origin}/sse/message?sessionId=${session}`, {
			method: "POST",
			headers: { "Content-Type": "application/json", ...callerHeaders(user) },
			body: JSON.stringify(body),
		});
	return { stream, path, post };
}

it("says where to post, also behind the Worker", async () => {
	const bridge = await bridgeForTest({ command: childCommand("fake") });
	expect((await openStream(bridge)).path).toMatch(/^\/sse\/message\?sessionId=.{36}$/);
	const { path } = await openStream(bridge, { "X-Mcp-Sse-Path": "/stdio/sse/message" });
	expect(path).toMatch(/^\/stdio\/sse\/message\?sessionId=.{36}$/);
});

it("answers on the stream, and nobody but the user who opened it", async () => {
	const { stream, post } = await openStream(await bridgeForTest({ command: childCommand("fake") }));
	expect((await post(INITIALIZE)).status).toBe(202);
	await waitFor("the answer", () => stream.text.includes('"serverInfo"'));
	expect((await post(toolCall(1, "big"), "eve")).status).toBe(404);
	expect((await post(toolCall(1, "big"), "raw", "unknown")).status).toBe(404);
});

it("ends the child when the stream is closed", async () => {
	const bridge = await bridgeForTest({ command: childCommand("fake") });
	const { stream, post } = await openStream(bridge);
	await post(INITIALIZE);
	const { pid } = await bridge.event("child_start");
	stream.hangUp();
	await waitFor("the child to end", () => !isRunning(pid));
	expect((await post(toolCall(1, "big"))).status).toBe(404);
});

it("answers calls in flight and closes the stream when the child ends", async () => {
	const { stream, post } = await openStream(await bridgeForTest({ command: childCommand("fake") }));
	await post(INITIALIZE);
	await post(toolCall(5, "hang"));
	await post(toolCall(6, "exit", { code: 3 }));
	await waitFor("the stream to close", () => !stream.isOpen);
	for (const id of [5, 6])
		expect(stream.text).toContain(`"id":${id},"error":{"code":-32000,"message":"The MCP server ended`);
	expect((await post(toolCall(7, "big"))).status).toBe(404);
});

it("says why a child cannot be started", async () => {
	const { stream, post } = await openStream(await bridgeForTest({ command: ["/nowhere/to-be-found"] }));
	await post(INITIALIZE);
	await waitFor("the error", () => stream.text.includes("ENOENT"));
});

it("refuses a stream above the limit", async () => {
	const bridge = await bridgeForTest({ command: childCommand("fake"), flags: ["--max-sessions", "1"] });
	const { stream } = await openStream(bridge);
	expect((await fetch(`${bridge.origin}/sse`, { headers: callerHeaders("raw") })).status).toBe(503);
	stream.hangUp();
});
