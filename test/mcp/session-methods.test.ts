/** What a session itself can be asked, wherever its calls are answered. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { z } from "zod";
import { defineServer } from "../../src/mcp/define/server.ts";
import { defineTool } from "../../src/mcp/define/tool.ts";
import { identityProviders } from "../../src/sign-in/identity-providers.ts";
import { createWorker } from "../../src/worker.ts";
import type { Fetch } from "../support/person.ts";
import { EventReader } from "../support/sse.ts";
import { nextMessage, readMessages } from "../support/wire.ts";
import { callTool, mcp, openSession, signIn } from "../support/worker.ts";

const COMMON = {
	scope: "tools",
	annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
	input: z.object({}),
} as const;

const chat = defineTool({
	...COMMON,
	name: "chat",
	title: "Chat",
	description: "Logs at two levels.",
	async run(_args, { request }) {
		await request.log("info", "by the way");
		await request.log("error", "watch out");
		return { content: [] };
	},
});
const grow = defineTool({
	...COMMON,
	name: "grow",
	title: "Grow",
	description: "Says that the list of tools has changed.",
	async run(_args, { changed }) {
		changed({ lists: ["tools"] });
		return { content: [] };
	},
});

const own = defineServer({
	signIn: identityProviders(),
	info: { name: "own", title: "Own", version: "1" },
	catalogue: { tools: [chat, grow] },
});
const { handler } = createWorker(own);
const via: Fetch = async (url, init) => handler.fetch(new Request(url, init), env, createExecutionContext());

async function connect() {
	const { access_token: token } = await signIn({ email: `${crypto.randomUUID()}@example.com` });
	return { token, session: await openSession(token), via, catalogue: own.catalogue };
}

const setLevel = (level: string) => ({ jsonrpc: "2.0", id: 3, method: "logging/setLevel", params: { level } });

it("a tool's log goes to the stream of its call, from the level that the session asked for", async () => {
	const connection = await connect();
	const logged = async () => {
		const messages = await readMessages(await mcp(callTool("chat"), connection));
		expect(messages.at(-1)).toMatchObject({ id: 1, result: {} });
		return messages.slice(0, -1).map(({ params }) => Object(params).data);
	};
	expect(await logged()).toEqual(["by the way", "watch out"]);
	expect(await (await mcp(setLevel("warning"), connection)).json()).toEqual({ jsonrpc: "2.0", id: 3, result: {} });
	expect(await logged()).toEqual(["watch out"]);
	const other = { ...connection, session: await openSession(connection.token) };
	expect(await readMessages(await mcp(callTool("chat"), other))).toHaveLength(3);
});

it("a tool tells all of the user's clients of a change with one call", async () => {
	const connection = await connect();
	const stream = new EventReader(await mcp(null, { ...connection, method: "GET" }));
	await stream.next();
	await mcp(callTool("grow"), connection);
	expect(await nextMessage(stream)).toMatchObject({ method: "notifications/tools/list_changed" });
	await stream.close();
});

it("a batch is answered as one, in JSON where nothing is streamed", async () => {
	const connection = await connect();
	const response = await mcp([callTool("grow", {}, 1), callTool("grow", {}, 2)], connection);
	expect(response.headers.get("Content-Type")).toContain("application/json");
	expect(await response.json()).toMatchObject([{ id: 1 }, { id: 2 }]);
	const mixed = await mcp([callTool("grow", {}, 1), setLevel("error")], connection);
	const ids = (await mixed.json<{ id: number }[]>()).map(({ id }) => id);
	expect(ids.sort()).toEqual([1, 3]);
});
