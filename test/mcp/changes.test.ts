import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { userObjectOf } from "../../src/mcp/user-object.ts";
import { execute, openStreams, rowsOf, userOf } from "../support/objects.ts";
import { EventReader } from "../support/sse.ts";
import { SseSession } from "../support/sse-session.ts";
import { nextMessage } from "../support/wire.ts";
import { ask, askTool, INITIALIZE, mcp, openSession, signIn } from "../support/worker.ts";

/** Nobody else's: what a user has is theirs across all tests. */
const newEmail = () => `${crypto.randomUUID()}@example.com`;

/** A client with an open stream, whose methods and URIs it collects. */
async function listen(email: string) {
	const { access_token: token } = await signIn({ email });
	const session = await openSession(token);
	const events = new EventReader(await mcp(null, { method: "GET", token, session }));
	const next = async () => {
		const { method, params } = await nextMessage(events);
		return [method, params?.uri].filter(Boolean).join(" ");
	};
	const request = (method: string, params: object) =>
		ask({ jsonrpc: "2.0", id: 1, method, params }, { token, session });
	/** Lets a tool announce that items have come or gone, with the list that has changed by it. */
	const change = (...ids: number[]) => {
		const resources = ids.map((id) => `items://${id}`);
		return askTool("announce", { lists: ["resources"], resources }, { token, session });
	};
	return { token, session, next, request, change, close: () => events.close() };
}

const LIST_CHANGED = "notifications/resources/list_changed";

describe("when a tool announces a change", () => {
	it("the user's clients with an open stream are told, at /mcp and at /sse, and nobody else", async () => {
		const [mine, others] = [newEmail(), newEmail()];
		const [one, two, stranger] = [await listen(mine), await listen(mine), await listen(others)];
		const { access_token } = await signIn({ email: mine, resource: null });
		const sse = await SseSession.open(access_token);
		await one.change();
		expect(await one.next()).toBe(LIST_CHANGED);
		expect(await two.next()).toBe(LIST_CHANGED);
		expect(await sse.receive()).toMatchObject({ method: LIST_CHANGED });
		// The stranger hears of their own change first.
		await stranger.request("resources/subscribe", { uri: "items://1" });
		await one.change(1);
		expect(await one.next()).toBe(LIST_CHANGED);
		await askTool("announce", { lists: ["tools"], resources: [] }, stranger);
		expect(await stranger.next()).toBe("notifications/tools/list_changed");
		for (const client of [one, two, stranger, sse]) await client.close();
	});

	it.each(["tools", "prompts", "resources"])("of the list of %s, that is the list they are told of", async (list) => {
		const client = await listen(newEmail());
		await askTool("announce", { lists: [list] }, client);
		expect(await client.next()).toBe(`notifications/${list}/list_changed`);
		await client.close();
	});

	it("those who subscribed to it are told which, until they unsubscribe", async () => {
		const email = newEmail();
		const [writer, reader] = [await listen(email), await listen(email)];
		expect(await reader.request("resources/subscribe", { uri: "items://1" })).toMatchObject({ result: {} });
		expect(await reader.request("resources/subscribe", { uri: "items://2" })).toMatchObject({ result: {} });
		expect(await reader.request("resources/unsubscribe", { uri: "items://2" })).toMatchObject({ result: {} });
		for (const id of [1, 2, 3]) await writer.change(id);
		expect([await reader.next(), await reader.next(), await reader.next(), await reader.next()]).toEqual([
			LIST_CHANGED,
			"notifications/resources/updated items://1",
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
		await writer.change();
		expect(await writer.next()).toBe(LIST_CHANGED);
		await mcp(INITIALIZE, { path, token });
		expect((await events.next())?.data).toContain(LIST_CHANGED);
		expect((await events.next())?.data).toContain('"serverInfo"');
		await writer.change();
		expect((await events.next())?.data).toContain(LIST_CHANGED);
		for (const client of [writer, events]) await client.close();
	});

	it("a session that has ended is forgotten", async () => {
		const email = newEmail();
		const [writer, gone] = [await listen(email), await listen(email)];
		await gone.request("resources/subscribe", { uri: "items://1" });
		await mcp(null, { method: "DELETE", token: gone.token, session: gone.session });
		expect(await rowsOf(userOf(gone.token), "subscriptions")).toEqual([]);
		await expect.poll(() => openStreams(userOf(writer.token))).toBe(1);
		await writer.close();
	});

	it("a user who has no stream open, and had none, leaves no trace of it", async () => {
		const { access_token: token } = await signIn({ email: newEmail() });
		await userObjectOf(env, userOf(token)).announce({ lists: ["resources"], resources: ["items://1"] });
		expect(await rowsOf(userOf(token), "changes")).toEqual([]);
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
		const subscribe = (uri: string) =>
			ask({ jsonrpc: "2.0", id: 1, method: "resources/subscribe", params: { uri } }, { token, session });
		expect(await subscribe("items://1")).toMatchObject({
			error: { message: expect.stringContaining('needs the scope "notes"') },
		});
		expect(await subscribe("leaflet://front")).toMatchObject({ result: {} });
	});

	it("keeps two that come in one batch", async () => {
		const email = newEmail();
		const [writer, reader] = [await listen(email), await listen(email)];
		const subscribe = (id: number) => {
			return { jsonrpc: "2.0", id, method: "resources/subscribe", params: { uri: `items://${id}` } };
		};
		await (await mcp([subscribe(1), subscribe(2)], reader)).text();
		for (const id of [1, 2]) {
			await writer.change(id);
			expect(await reader.next()).toBe(LIST_CHANGED);
			expect(await reader.next()).toBe(`notifications/resources/updated items://${id}`);
		}
		for (const client of [writer, reader]) await client.close();
	});

	it("refuses more than a session may have", async () => {
		const client = await listen(newEmail());
		await client.request("resources/subscribe", { uri: "items://1000" });
		const numbers = "WITH RECURSIVE n(i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < 1199)";
		const like = "SELECT session, 'items://' || i, until FROM n, (SELECT session, until FROM subscriptions)";
		await execute(userOf(client.token), `INSERT INTO subscriptions ${numbers} ${like}`);
		const refused = await client.request("resources/subscribe", { uri: "items://1" });
		expect(refused).toMatchObject({ error: { message: expect.stringContaining("200 subscriptions already") } });
		await client.close();
	});
});
