/** Token passthrough: a token that was issued to somebody else is used here, or one of this server's elsewhere. */
import { describe, expect, it } from "vitest";
import { caseOf } from "../support/identity/cases.ts";
import { ORIGIN, Scene } from "../support/identity/server.ts";
import { askTool, INITIALIZE, mcp, openSession } from "../support/worker.ts";

const statusWith = async (token: string) => (await mcp(INITIALIZE, { token, origin: ORIGIN })).status;

describe.each(["github", "google"])("a user of %s", (name) => {
	it("gets nothing here with a token of the provider, though this server has that very token", async () => {
		const scene = await Scene.open(caseOf(name));
		const { access_token: own } = await scene.signIn();
		const upstream = (await scene.propsOf(own))?.upstream;
		const others = [upstream?.accessToken ?? "", upstream?.refreshToken ?? "a-token"];
		expect(others).not.toContain("");
		for (const token of others) expect(await statusWith(token)).toBe(401);
		expect(await statusWith(own)).toBe(200);
	});
});

it("what a client sends never reaches the provider: a tool that asks its API has the provider's own token", async () => {
	const scene = await Scene.open(caseOf("github"));
	const { access_token: token, refresh_token = "" } = await scene.signIn();
	const upstreamToken = (await scene.propsOf(token))?.upstream?.accessToken;
	const session = await openSession(token, ORIGIN);
	const before = (await scene.requests()).length;
	const { structuredContent } = await askTool("caller", {}, { token, session, origin: ORIGIN });
	expect(structuredContent).toMatchObject({ account: { login: scene.login } });
	const asked = await scene.requests();
	expect(asked.slice(before).map(({ host, bearer }) => ({ host, bearer }))).toEqual([
		{ host: "api.github.com", bearer: upstreamToken },
	]);
	for (const secret of [token, refresh_token, session]) expect(JSON.stringify(asked)).not.toContain(secret);
});
