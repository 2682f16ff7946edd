/** What was made under a scope or a permission is told only to a token that has it, in the session of a wider one too. */
import { describe, expect, it } from "vitest";
import { EventReader } from "../support/sse.ts";
import { nextMessage } from "../support/wire.ts";
import { ask, askTool, callTool, LOCAL, mcp, oauthClient, openSession, signIn } from "../support/worker.ts";

const VERSION = { "Mcp-Protocol-Version": "2025-11-25" };

/** A session, a token with all scopes, and a token of the same grant with one of them only. */
async function connect(scope: string) {
	const wide = await signIn({ email: `${crypto.randomUUID()}@example.com` });
	const refresh = {
		grant_type: "refresh_token",
		refresh_token: wide.refresh_token ?? "",
		client_id: wide.client_id,
		scope,
	};
	const { access_token } = await (await oauthClient().token(refresh)).json<{ access_token: string }>();
	const session = await openSession(wide.access_token, LOCAL, { elicitation: {} });
	return { wide: { token: wide.access_token, session }, narrow: { token: access_token, session } };
}

describe("with Last-Event-ID", () => {
	it("a token without the scope of a call gets nothing of it", async () => {
		const { wide, narrow } = await connect("identity");
		const call = new EventReader(await mcp(callTool("ask"), { ...wide, headers: VERSION }));
		const { id = "" } = (await call.next()) ?? {};
		expect(await nextMessage(call)).toMatchObject({ method: "elicitation/create" });
		const resume = (connection: typeof wide) =>
			mcp(null, { ...connection, method: "GET", headers: { ...VERSION, "Last-Event-ID": id } });
		expect((await resume(narrow)).status).toBe(400);
		const rest = new EventReader(await resume(wide));
		expect(await nextMessage(rest)).toMatchObject({ method: "elicitation/create" });
		await rest.close();
	});

	it("a token without the scope of a resource does not hear which one changed", async () => {
		const { wide, narrow } = await connect("tools");
		const subscribe = { jsonrpc: "2.0", id: 1, method: "resources/subscribe", params: { uri: "items://1" } };
		expect(await ask(subscribe, wide)).toMatchObject({ result: {} });
		const first = new EventReader(await mcp(null, { ...wide, method: "GET", headers: VERSION }));
		const { id = "" } = (await first.next()) ?? {};
		await first.close();
		const change = (...resources: string[]) => askTool("announce", { lists: ["resources"], resources }, wide);
		await change("items://1");
		await change();
		const heard = async (connection: typeof wide) => {
			const headers = { ...VERSION, "Last-Event-ID": id };
			const stream = new EventReader(await mcp(null, { ...connection, method: "GET", headers }));
			const methods: unknown[] = [];
			for (;;) {
				const { method, params } = await nextMessage(stream);
				methods.push(params?.uri ?? method);
				if (methods.filter((one) => one === "notifications/resources/list_changed").length === 2) break;
			}
			await stream.close();
			return methods;
		};
		const changed = "notifications/resources/list_changed";
		expect(await heard(narrow)).toEqual([changed, changed]);
		expect(await heard(wide)).toEqual([changed, "items://1", changed]);
	});
});
