/** On which stream of a session a child's message arrives. */
import { expect, it } from "vitest";
import { EventReader } from "../support/sse.ts";
import { nextMessage, readMessages } from "../support/wire.ts";
import { eventually, newApp, toolCall } from "./app.ts";
import { childCommand, useStdio } from "./door.ts";

const LIST_CHANGED = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
const stdio = useStdio({ command: childCommand("fake") });

async function open() {
	const session = await (await newApp(stdio)).open();
	const pid = await session.pid();
	return {
		session,
		said: (line: string) => eventually(() => expect(stdio.stderrOf(pid)).toContain(line)),
		listen: async () => new EventReader(await session.listen()),
	};
}

it.concurrent("progress goes to the call that it is about, what is about no call to the most recent one", async () => {
	const { session, said } = await open();
	const first = await session.call(1, "hold", {}, "one");
	const second = await session.call(2, "hold", {}, "two");
	await said("holds 2");
	const latest = await session.call(3, "release");
	const progress = (progressToken: string) => ({ method: "notifications/progress", params: { progressToken } });
	expect(await readMessages(first)).toMatchObject([progress("one"), { id: 1 }]);
	expect(await readMessages(second)).toMatchObject([progress("two"), { id: 2 }]);
	expect(await readMessages(latest)).toMatchObject([{ method: "notifications/message" }, { id: 3 }]);
});

it.concurrent("progress comes before the answer, also in one breath", async () => {
	const { session } = await open();
	const messages = await readMessages(await session.call(1, "count", {}, "token"));
	const steps = [1, 2, 3].map((progress) => ({ params: { progress, progressToken: "token" } }));
	expect(messages).toMatchObject([...steps, { id: 1 }]);
});

it.concurrent("calls of one batch share a stream, also when one of them is cancelled", async () => {
	const { session, said } = await open();
	const batch = new EventReader(await session.post([toolCall(1, "hang"), toolCall(2, "hold")]));
	await said("holds 1");
	const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
	await session.post(cancelled);
	await readMessages(await session.call(3, "release"));
	expect(await nextMessage(batch)).toMatchObject({ id: 2 });
	await batch.close();
});

it.concurrent("a question goes to the stream of the call that runs", async () => {
	const { session } = await open();
	const call = new EventReader(await session.call(1, "ask"));
	expect(await nextMessage(call)).toMatchObject({ id: "question", method: "roots/list" });
	const reply = { jsonrpc: "2.0", id: "question", result: { roots: [] } };
	expect((await session.post(reply)).status).toBe(202);
	const result = { content: [{ text: '[{"roots":[]}]' }] };
	expect(await nextMessage(call)).toMatchObject({ id: 1, result });
	expect(await call.next()).toBeUndefined();
});

it.concurrent("between calls, messages go to the stream of GET", async () => {
	const { session, listen } = await open();
	const stream = await listen();
	expect(await readMessages(await session.call(1, "announce"))).toMatchObject([{ id: 1 }]);
	expect(await nextMessage(stream)).toEqual(LIST_CHANGED);
	await stream.close();
});

it.concurrent("messages wait for a stream of GET that is opened later", async () => {
	const { session, said, listen } = await open();
	await readMessages(await session.call(1, "announce"));
	await said("announced");
	const stream = await listen();
	expect(await nextMessage(stream)).toEqual(LIST_CHANGED);
	await stream.close();
});

it.concurrent("messages wait for the next call, if no stream is opened", async () => {
	const { session, said } = await open();
	await readMessages(await session.call(1, "announce"));
	await said("announced");
	expect(await readMessages(await session.call(2, "big"))).toMatchObject([LIST_CHANGED, { id: 2 }]);
});

it.concurrent("a stream of GET takes the place of the one before", async () => {
	const { session, listen } = await open();
	const lost = await listen();
	const stream = await listen();
	await readMessages(await session.call(1, "announce"));
	expect(await nextMessage(stream)).toEqual(LIST_CHANGED);
	await Promise.all([lost.close(), stream.close()]);
});

it.concurrent("a message that came on one stream does not come on another", async () => {
	const { session, listen } = await open();
	const stream = await listen();
	await readMessages(await session.call(1, "announce"));
	expect(await nextMessage(stream)).toEqual(LIST_CHANGED);
	expect(await readMessages(await session.call(2, "announce"))).toMatchObject([{ id: 2 }]);
	expect(await nextMessage(stream)).toEqual(LIST_CHANGED);
	await stream.close();
});
