/** `subscriptions/listen` (MCP 2026-07-28): a user's clients without sessions hear of their own, whoever made the change. */
import { describe, expect, it } from "vitest";
import { openStreams, userOf } from "../support/objects.ts";
import { EventReader } from "../support/sse.ts";
import { stateless } from "../support/stateless.ts";
import { nextMessage } from "../support/wire.ts";
import { askTool, mcp, openSession, signIn } from "../support/worker.ts";

const newEmail = () => `${crypto.randomUUID()}@example.com`;

async function tokenOf(email: string, scopes?: string[]): Promise<string> {
	return (await signIn({ email, resource: null, ...(scopes && { scopes }) })).access_token;
}

/** Listens to items 1 and 2, and to the list of resources. @returns method and URI of each thing that is told */
async function listen(token: string) {
	const notifications = { resourcesListChanged: true, resourceSubscriptions: ["items://1", "items://2"] };
	const { headers, message } = stateless("subscriptions/listen", { notifications });
	const events = new EventReader(await mcp(message, { token, headers }));
	expect(await nextMessage(events)).toMatchObject({ params: { notifications } });
	const next = async () => {
		const { method, params } = await nextMessage(events);
		return [method, params?.uri].filter(Boolean).join(" ");
	};
	return { next, close: () => events.close() };
}

/** Lets a tool announce that items have come or gone, with the list that has changed by it. */
async function change(token: string, ...ids: number[]) {
	const resources = ids.map((id) => `items://${id}`);
	await askTool("announce", { lists: ["resources"], resources }, { token, session: await openSession(token) });
}

const LIST_CHANGED = "notifications/resources/list_changed";
const UPDATED = "notifications/resources/updated";

describe("a listen stream", () => {
	it("hears of what another app of the user changed", async () => {
		const email = newEmail();
		const [writer, reader] = [await tokenOf(email), await listen(await tokenOf(email))];
		await change(writer);
		expect(await reader.next()).toBe(LIST_CHANGED);
		await change(writer, 1);
		expect([await reader.next(), await reader.next()]).toEqual([LIST_CHANGED, `${UPDATED} items://1`]);
		await reader.close();
		await expect.poll(() => openStreams(userOf(writer)), { timeout: 30_000 }).toBe(0);
	});

	it("hears nothing of somebody else's, though the URI is the same", async () => {
		const [mine, others] = [await tokenOf(newEmail()), await tokenOf(newEmail())];
		const [me, other] = [await listen(mine), await listen(others)];
		await change(others, 1);
		await change(mine);
		// It would have come before.
		expect(await me.next()).toBe(LIST_CHANGED);
		expect([await other.next(), await other.next()]).toEqual([LIST_CHANGED, `${UPDATED} items://1`]);
		await change(mine, 2);
		expect([await me.next(), await me.next()]).toEqual([LIST_CHANGED, `${UPDATED} items://2`]);
		await me.close();
		await other.close();
	});

	it("of a token that may not read a resource is not told of it", async () => {
		const email = newEmail();
		const writer = await tokenOf(email);
		const [wide, narrow] = [await listen(await tokenOf(email)), await listen(await tokenOf(email, ["tools"]))];
		for (const id of [1, 2]) await change(writer, id);
		expect([await narrow.next(), await narrow.next()]).toEqual([LIST_CHANGED, LIST_CHANGED]);
		expect([await wide.next(), await wide.next()]).toEqual([LIST_CHANGED, `${UPDATED} items://1`]);
		for (const client of [wide, narrow]) await client.close();
	});
});

it("server/discover says that changes are announced", async () => {
	const { headers, message } = stateless("server/discover");
	const answer = await (await mcp(message, { token: await tokenOf(newEmail()), headers })).json();
	expect(answer).toMatchObject({
		result: {
			capabilities: {
				tools: { listChanged: true },
				prompts: { listChanged: true },
				resources: { listChanged: true, subscribe: true },
			},
		},
	});
});
