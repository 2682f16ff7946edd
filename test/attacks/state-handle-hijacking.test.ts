/** State handle hijacking: what stands for a user's state between two requests is presented by somebody else. */
import { expect, it } from "vitest";
import { QUESTION } from "../support/fixture/asking.ts";
import { stateless } from "../support/stateless.ts";
import { mcp, signIn } from "../support/worker.ts";

type Answer = {
	result?: { resultType: string; requestState?: string; structuredContent?: unknown; inputRequests?: object };
	error?: { code: number; message: string };
};

/** A call of 2026-07-28 that asks the user twice; with a state, the answer to the question before. */
async function callAsk(token: string, requestState?: string): Promise<Answer> {
	const answered = requestState && {
		requestState,
		inputResponses: { word: { action: "accept", content: { word: "injected" } } },
	};
	const params = { name: "ask", arguments: { rounds: 1 }, ...answered };
	const { headers, message } = stateless("tools/call", params, { elicitation: {} });
	return (await mcp(message, { token, headers })).json<Answer>();
}

it("the state of a question is no capability: another user, or another app of the user, cannot go on with it", async () => {
	const email = `${crypto.randomUUID()}@example.com`;
	const alice = await signIn({ email });
	const asked = await callAsk(alice.access_token);
	expect(asked.result?.inputRequests).toMatchObject({ word: { params: QUESTION } });
	const state = asked.result?.requestState ?? "";
	const others = [
		await signIn({ email: `${crypto.randomUUID()}@example.com`, clientId: alice.client_id }),
		await signIn({ email }),
	];
	for (const { access_token } of others) {
		expect(await callAsk(access_token, state)).toMatchObject({
			error: { code: -32602, message: "Invalid or expired requestState" },
		});
	}
	const answered = await callAsk(alice.access_token, state);
	expect(answered.result?.structuredContent).toEqual({ word: "injected", asked: 1 });
});
