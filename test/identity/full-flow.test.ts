import { beforeAll, describe, expect, it } from "vitest";
import { PROVIDERS } from "../support/identity/cases.ts";
import { askedOf, BoundServer, newLogin, ORIGIN, tellProvider } from "../support/identity/server.ts";
import type { Tokens } from "../support/oauth-client.ts";
import { askTool, openSession } from "../support/worker.ts";

const server = new BoundServer();

describe.each(PROVIDERS)("from an MCP client to a tool, by $title:", (provider) => {
	const clientAtProvider = `everyones-${provider.name}`;
	/** Whether the tool asks the provider who the user is. */
	const hasUserApi = ["github", "cloudflare"].includes(provider.name);

	beforeAll(() => tellProvider(clientAtProvider, { expiresIn: 100 }));

	it("consent, sign-in, token, call, refresh, and a call with the new token of the provider", async () => {
		const login = newLogin();
		const tokens = await server.signIn({ provider: provider.name, login });
		const session = await openSession(tokens.access_token, ORIGIN);
		const first = await askTool("caller", {}, { token: tokens.access_token, session, origin: ORIGIN });
		expect(first.structuredContent).toMatchObject({
			id: `${provider.name}-${provider.subject(login)}`,
			provider: provider.name,
			login: provider.login(login),
			name: `Name of ${login}`,
		});
		expect(first.structuredContent && "account" in first.structuredContent).toBe(hasUserApi);
		const before = await server.propsOf(tokens.access_token);

		const response = await server.refresh(tokens);
		expect(response.status).toBe(200);
		const refreshed: Tokens = await response.json();
		const after = await server.propsOf(refreshed.access_token);
		expect(after?.upstream?.accessToken).not.toBe(before?.upstream?.accessToken);

		const answers = await askTool("caller", {}, { token: refreshed.access_token, session, origin: ORIGIN });
		expect(answers.structuredContent).toEqual(first.structuredContent);
		for (const answer of [first, answers]) {
			for (const { upstream } of [before ?? {}, after ?? {}]) {
				expect(JSON.stringify(answer)).not.toContain(upstream?.accessToken ?? "no token");
			}
		}
		if (!hasUserApi) return;
		const bearers = (await askedOf(clientAtProvider)).map(({ bearer }) => bearer);
		expect(bearers.at(-1)).toBe(after?.upstream?.accessToken);
		expect(bearers).toContain(before?.upstream?.accessToken);
	});

	it("windows of one client that refresh at the same time, each with a request of its own, reach the provider once", async () => {
		const tokens = await server.signIn({ provider: provider.name, login: newLogin() });
		const used = (await server.propsOf(tokens.access_token))?.upstream?.refreshToken;
		const responses = await Promise.all(Array.from({ length: 4 }, () => server.refresh(tokens)));
		expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
		const refreshes = (await askedOf(clientAtProvider)).filter(({ form }) => form?.refresh_token === used);
		expect(refreshes).toHaveLength(1);
	});
});
