/** The user's clients hear of a note that comes or goes. */
import { expect, it } from "vitest";
import { EventReader } from "../support/sse.ts";
import { nextMessage } from "../support/wire.ts";
import { ask, askTool, mcp, openSession, signIn } from "../support/worker.ts";

const LIST_CHANGED = "notifications/resources/list_changed";

it("a note that comes or goes is announced, with its address to those who subscribed to it", async () => {
	const { access_token: token } = await signIn({ email: `${crypto.randomUUID()}@example.com` });
	const session = await openSession(token);
	const events = new EventReader(await mcp(null, { method: "GET", token, session }));
	const next = async () => {
		const { method, params } = await nextMessage(events);
		return [method, params?.uri].filter(Boolean).join(" ");
	};
	for (const note of ["one", "two"]) {
		await askTool("remember", { note }, { token, session });
		expect(await next()).toBe(LIST_CHANGED);
	}
	const subscribe = { jsonrpc: "2.0", id: 1, method: "resources/subscribe", params: { uri: "notes://2" } };
	expect(await ask(subscribe, { token, session })).toMatchObject({ result: {} });
	for (const id of [1, 2]) await askTool("forget", { id }, { token, session });
	expect([await next(), await next(), await next()]).toEqual([
		LIST_CHANGED,
		LIST_CHANGED,
		"notifications/resources/updated notes://2",
	]);
	await events.close();
});
