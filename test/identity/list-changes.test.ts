import { describe, expect, it } from "vitest";
import { caseOf } from "../support/identity/cases.ts";
import { ORIGIN, Scene } from "../support/identity/server.ts";
import type { Tokens } from "../support/oauth-client.ts";
import { openStreams } from "../support/objects.ts";
import { EventReader } from "../support/sse.ts";
import { nextMessage } from "../support/wire.ts";
import { ask, callTool, INITIALIZE, LIST_TOOLS, mcp } from "../support/worker.ts";

const auth0 = caseOf("auth0");
const SOON = { expiresIn: 100 };
const PERMITTED = { ...SOON, claims: auth0.permitting ?? {} };

async function connect(behaviour: typeof PERMITTED | typeof SOON) {
	const scene = await Scene.open(auth0, behaviour);
	const tokens = await scene.signIn();
	const opened = await mcp(INITIALIZE, { token: tokens.access_token, origin: ORIGIN });
	await opened.text();
	const session = opened.headers.get("Mcp-Session-Id") ?? "";
	const connection = { session, token: tokens.access_token, origin: ORIGIN };
	const events = new EventReader(await mcp(null, { ...connection, method: "GET" }));
	const userId = (await scene.propsOf(tokens.access_token))?.user.id ?? "";
	expect(await openStreams(userId)).toBe(1);
	const refresh = async (): Promise<string> => ((await (await scene.refresh(tokens)).json()) as Tokens).access_token;
	return { scene, connection, events, refresh };
}

async function toolNames(connection: { token: string; session: string; origin: string }): Promise<string[]> {
	const { result } = (await ask(LIST_TOOLS, connection)) as unknown as { result: { tools: { name: string }[] } };
	return result.tools.map(({ name }) => name);
}

describe("when a user's permissions change with a token refresh", () => {
	it.each([
		["are taken back", PERMITTED, SOON, true],
		["are given", SOON, PERMITTED, false],
	])("and %s, open streams are told, and the next list shows it", async (_what, before, after, hadTool) => {
		const { scene, connection, events, refresh } = await connect(before);
		expect((await toolNames(connection)).includes("guarded")).toBe(hadTool);
		await scene.behave(after);
		const token = await refresh();
		const told = [await nextMessage(events), await nextMessage(events), await nextMessage(events)];
		for (const list of ["tools", "prompts", "resources"]) {
			expect(told).toContainEqual({ jsonrpc: "2.0", method: `notifications/${list}/list_changed` });
		}
		expect((await toolNames({ ...connection, token })).includes("guarded")).toBe(!hadTool);
		await events.close();
	});

	it("and stay the same, nobody is told", async () => {
		const { scene, connection, events, refresh } = await connect(PERMITTED);
		await refresh();
		await scene.behave(SOON);
		// What is told now is the first that the stream hears.
		await mcp(callTool("announce", { lists: ["resources"] }), connection);
		expect(await nextMessage(events)).toMatchObject({ method: "notifications/resources/list_changed" });
		await events.close();
	});
});
