/** On which stream of a session a child's message arrives. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Bridge, childCommand, startBridge } from "./bridge.ts";
import { firstMessages, messagesOf, openSession, send, toolCall } from "./raw.ts";

const LIST_CHANGED = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };

let bridge: Bridge;
let session: string;
beforeAll(async () => {
	bridge = await startBridge({ command: childCommand("fake") });
});
afterAll(() => bridge.stop());
beforeEach(async () => {
	session = await openSession(bridge.origin);
});

const call = (...args: Parameters<typeof toolCall>) => send(bridge.origin, toolCall(...args), { session });
const said = (text: string) =>
	bridge.event("child_stderr", ({ line, ...event }) => event.session === session && line === text);
const listen = () => send(bridge.origin, undefined, { session, method: "GET" });

it("progress goes to the call that it is about, what is about no call to the most recent one", async () => {
	const first = await call(1, "hold", {}, "one");
	const second = await call(2, "hold", {}, "two");
	await said("holds 2");
	const latest = await call(3, "release");
	const progress = (progressToken: string) => ({ method: "notifications/progress", params: { progressToken } });
	expect(await messagesOf(first)).toMatchObject([progress("one"), { id: 1 }]);
	expect(await messagesOf(second)).toMatchObject([progress("two"), { id: 2 }]);
	expect(await messagesOf(latest)).toMatchObject([{ method: "notifications/message" }, { id: 3 }]);
});

it("progress comes before the answer, also in one breath", async () => {
	const messages = await messagesOf(await call(1, "count", {}, "token"));
	const steps = [1, 2, 3].map((progress) => ({ params: { progress, progressToken: "token" } }));
	expect(messages).toMatchObject([...steps, { id: 1 }]);
});

it("calls of one batch share a stream, also when one of them is cancelled", async () => {
	const response = await send(bridge.origin, [toolCall(1, "hang"), toolCall(2, "hold")], { session });
	await said("holds 1");
	const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
	await send(bridge.origin, cancelled, { session });
	await (await call(3, "release")).text();
	expect(await firstMessages(response, 1)).toMatchObject([{ id: 2 }]);
});

it("a question goes to the stream of the call that runs", async () => {
	const response = await call(1, "ask");
	const copy = response.clone();
	expect(await firstMessages(copy, 1)).toMatchObject([{ id: "question", method: "roots/list" }]);
	const reply = { jsonrpc: "2.0", id: "question", result: { roots: [] } };
	expect((await send(bridge.origin, reply, { session })).status).toBe(202);
	expect((await messagesOf(response)).at(-1)).toMatchObject({
		id: 1,
		result: { content: [{ text: '[{"roots":[]}]' }] },
	});
});

it("between calls, messages go to the stream of GET", async () => {
	const stream = await listen();
	expect(await messagesOf(await call(1, "announce"))).toMatchObject([{ id: 1 }]);
	expect(await firstMessages(stream, 1)).toEqual([LIST_CHANGED]);
});

it("messages wait for a stream of GET that is opened later", async () => {
	await (await call(1, "announce")).text();
	await said("announced");
	expect(await firstMessages(await listen(), 1)).toEqual([LIST_CHANGED]);
});

it("messages wait for the next call, if no stream is opened", async () => {
	await (await call(1, "announce")).text();
	await said("announced");
	expect(await messagesOf(await call(2, "big"))).toMatchObject([LIST_CHANGED, { id: 2 }]);
});

it("a stream of GET takes the place of the one before", async () => {
	const lost = await listen();
	const stream = await listen();
	expect(await messagesOf(lost)).toEqual([]);
	await (await call(1, "announce")).text();
	expect(await firstMessages(stream, 1)).toEqual([LIST_CHANGED]);
});
