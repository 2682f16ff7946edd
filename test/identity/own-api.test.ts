/** The user's token at an API of the developer's own, which takes tokens that are for it. */
import { describe, expect, it } from "vitest";
import { caseOf } from "../support/identity/cases.ts";
import { OWN_API } from "../support/identity/own-api.ts";
import { ORIGIN, Scene } from "../support/identity/server.ts";
import { readMessages } from "../support/wire.ts";
import { callTool, INITIALIZE, mcp, openSession, type ToolAnswer } from "../support/worker.ts";

async function order(name: string, settings: Record<string, string>, args = {}) {
	const scene = await Scene.open(caseOf(name), {}, settings);
	const { access_token: token } = await scene.signIn();
	const options = { token, origin: ORIGIN, via: scene.fetch };
	const opened = await mcp(INITIALIZE, options);
	await opened.text();
	const session = opened.headers.get("Mcp-Session-Id") ?? "";
	const [answer] = await readMessages(await mcp(callTool("order", args), { ...options, session }));
	return { scene, answer: answer?.result as unknown as ToolAnswer, session, options };
}

describe.each([
	["auth0", { AUTH0_AUDIENCE: OWN_API }, { AUTH0_AUDIENCE: "" }],
	["oidc", { OIDC_RESOURCE: OWN_API }, {}],
])("with %s, which was asked for tokens for it", (name, asked, notAsked) => {
	it("the API takes the token, and knows whose it is", async () => {
		const { scene, answer } = await order(name, asked);
		expect(answer.structuredContent).toEqual({
			status: 200,
			body: { sub: scene.provider.subject(scene.login), path: "/me" },
		});
	});

	it("also after a refresh", async () => {
		const scene = await Scene.open(caseOf(name), { expiresIn: 100 }, asked);
		const refreshed: { access_token: string } = await (await scene.refresh(await scene.signIn())).json();
		const options = { token: refreshed.access_token, origin: ORIGIN, via: scene.fetch };
		const session = await openSession(refreshed.access_token, ORIGIN);
		const [answer] = await readMessages(await mcp(callTool("order"), { ...options, session }));
		expect(answer?.result?.structuredContent).toMatchObject({ status: 200 });
	});

	it("a token that is not for it is refused, which the tool is told, and ends nothing", async () => {
		const { answer, options, session } = await order(name, notAsked);
		expect(answer.structuredContent).toEqual({ status: 401, body: { error: "not for me" } });
		expect((await mcp(callTool("echo", { text: "still here" }), { ...options, session })).status).toBe(200);
	});
});

it("an address that is not named says to the developer where to name it", async () => {
	const { answer, scene } = await order("oidc", { OIDC_RESOURCE: OWN_API }, { path: "https://other.example/me" });
	expect(answer).toMatchObject({ isError: true });
	expect(answer.content[0]?.text).toBe(
		"https://other.example is not the API of shop: the token stays here. Name your own APIs in `identityProviders({ apis })` of src/server.ts.",
	);
	expect((await scene.requests()).some(({ host }) => host === "other.example")).toBe(false);
});
