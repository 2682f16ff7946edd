import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { RemoteMcp } from "../../src/mcp/agent.ts";
import { EventReader } from "../support/sse.ts";
import { SseSession } from "../support/sse-session.ts";
import { openStreams } from "../support/streams.ts";
import { ask, askTool, INITIALIZE, LOCAL, mcp, openSession, signIn } from "../support/worker.ts";

/** Nobody else's: what a user has is theirs across all tests. */
const newEmail = () => `${crypto.randomUUID()}@example.com`;

/** A client with an open stream, whose methods and URIs it collects. */
async function listen(email: string) {
	const { access_token: token } = await signIn({ email });
	const session = await openSession(token);
	const before = await streamsOf(token, session);
	const events = new EventReader(await mcp(null, { method: "GET", token, session }));
	await expect.poll(() => streamsOf(token, session)).not.toEqual(before);
	const next = async () => {
		const { method, params } = JSON.parse((await events.next())?.data ?? "{}");
		return [method, params?.uri].filter(Boolean).join(" ");
	};
	const request = (method: string, params: object) =>
		ask({ jsonrpc: "2.0", id: 1, method, params }, { token, session });
	return { token, session, next, request, close: () => events.close() };
}

async function streamsOf(token: string, session: string): Promise<string[]> {
	const { structuredContent } = await askTool("whoami", {}, { token, session });
	return openStreams(String(structuredContent?.id));
}

const LIST_CHANGED = "notifications/resources/list_changed";

describe("when a note comes or goes", () => {
	it("the user's clients with an open stream are told, at /mcp and at /sse, and nobody else", async () => {
		const [mine, others] = [newEmail(), newEmail()];
		const [one, two, stranger] = [await listen(mine), await listen(mine), await listen(others)];
		const { access_token } = await signIn({ email: mine, resource: null });
		const sse = await SseSession.open(access_token);
		await expect.poll(() => streamsOf(one.token, one.session)).toHaveLength(3);
		await askTool("remember", { note: "buy milk" }, one);
		expect(await one.next()).toBe(LIST_CHANGED);
		expect(await two.next()).toBe(LIST_CHANGED);
		expect(await sse.receive()).toMatchObject({ method: LIST_CHANGED });
		// The stranger hears of their own note first.
		await askTool("remember", { note: "feed the cat" }, stranger);
		expect(await stranger.next()).toBe(LIST_CHANGED);
		await stranger.request("resources/subscribe", { uri: "notes://1" });
		await askTool("forget", { id: 1 }, stranger);
		expect(await stranger.next()).toBe(LIST_CHANGED);
		for (const client of [one, two, stranger, sse]) await client.close();
	});

	it("those who subscribed to it are told which, until they unsubscribe", async () => {
		const email = newEmail();
		const [writer, reader] = [await listen(email), await listen(email)];
		for (const note of ["one", "two", "three"]) {
			await askTool("remember", { note }, writer);
			expect(await reader.next()).toBe(LIST_CHANGED);
		}
		expect(await reader.request("resources/subscribe", { uri: "notes://1" })).toMatchObject({ result: {} });
		expect(await reader.request("resources/subscribe", { uri: "notes://2" })).toMatchObject({ result: {} });
		expect(await reader.request("resources/unsubscribe", { uri: "notes://2" })).toMatchObject({ result: {} });
		for (const id of [1, 2, 3]) await askTool("forget", { id }, writer);
		expect([await reader.next(), await reader.next(), await reader.next(), await reader.next()]).toEqual([
			LIST_CHANGED,
			"notifications/resources/updated notes://1",
			LIST_CHANGED,
			LIST_CHANGED,
		]);
		for (const client of [writer, reader]) await client.close();
	});

	it("a session at /sse hears of it that had not initialized when the first came", async () => {
		const email = newEmail();
		const writer = await listen(email);
		const { access_token: token } = await signIn({ email, resource: null });
		const events = new EventReader(await mcp(null, { method: "GET", path: "/sse", token }));
		const path = (await events.next())?.data ?? "";
		await expect.poll(() => streamsOf(writer.token, writer.session)).toHaveLength(2);
		await askTool("remember", { note: "one" }, writer);
		expect(await writer.next()).toBe(LIST_CHANGED);
		await mcp(INITIALIZE, { path, token });
		expect((await events.next())?.data).toContain('"serverInfo"');
		await askTool("remember", { note: "two" }, writer);
		expect((await events.next())?.data).toContain(LIST_CHANGED);
		const object = env.MCP_OBJECT.getByName(`sse:${new URL(path, LOCAL).searchParams.get("sessionId")}`);
		expect(await runInDurableObject(object, (_instance: RemoteMcp, { storage }) => storage.getAlarm())).not.toBeNull();
		for (const client of [writer, events]) await client.close();
	});

	it("a session that has ended is forgotten", async () => {
		const email = newEmail();
		const [writer, gone] = [await listen(email), await listen(email)];
		await mcp(null, { method: "DELETE", token: gone.token, session: gone.session });
		await askTool("remember", { note: "one" }, writer);
		await expect.poll(() => streamsOf(writer.token, writer.session)).toEqual([`streamable-http:${writer.session}`]);
		await writer.close();
	});
});

describe("resources/subscribe", () => {
	it("refuses what is no resource here, and what the token may not read", async () => {
		const client = await listen(newEmail());
		const unknown = await client.request("resources/subscribe", { uri: "file:///etc/passwd" });
		expect(unknown).toMatchObject({ error: { message: expect.stringContaining("file:///etc/passwd") } });
		await client.close();
		const { access_token: token } = await signIn({ scopes: ["tools"] });
		const session = await openSession(token);
		const message = { jsonrpc: "2.0", id: 1, method: "resources/subscribe", params: { uri: "notes://1" } };
		expect(await ask(message, { token, session })).toMatchObject({
			error: { message: expect.stringContaining('needs the scope "notes"') },
		});
	});

	it("keeps two that come in one batch", async () => {
		const email = newEmail();
		const [writer, reader] = [await listen(email), await listen(email)];
		for (const note of ["one", "two"]) {
			await askTool("remember", { note }, writer);
			expect(await reader.next()).toBe(LIST_CHANGED);
		}
		const subscribe = (id: number) => {
			return { jsonrpc: "2.0", id, method: "resources/subscribe", params: { uri: `notes://${id}` } };
		};
		await (await mcp([subscribe(1), subscribe(2)], reader)).text();
		for (const id of [1, 2]) {
			await askTool("forget", { id }, writer);
			expect(await reader.next()).toBe(LIST_CHANGED);
			expect(await reader.next()).toBe(`notifications/resources/updated notes://${id}`);
		}
		for (const client of [writer, reader]) await client.close();
	});

	it("refuses more than a session may have", async () => {
		const client = await listen(newEmail());
		const object = env.MCP_OBJECT.getByName(`streamable-http:${client.session}`);
		await client.request("resources/subscribe", { uri: "notes://1000" });
		await runInDurableObject(object, (_instance: RemoteMcp, { storage }) => {
			for (let id = 1001; id < 1200; id++) storage.sql.exec("INSERT INTO subscriptions VALUES (?)", `notes://${id}`);
		});
		const refused = await client.request("resources/subscribe", { uri: "notes://1" });
		expect(refused).toMatchObject({ error: { message: expect.stringContaining("200 subscriptions already") } });
		await client.close();
	});
});
