/**
 * The Worker as it is bound, with every provider. The providers know it by one client each, so that what a test tells them
 * holds for all of these tests, and for no other file.
 */
import { beforeAll, describe, expect, it, vi } from "vitest";
import { PROVIDERS } from "../support/identity/cases.ts";
import { askedOf, BoundServer, newLogin, ORIGIN, tellProvider } from "../support/identity/server.ts";
import type { Tokens } from "../support/oauth-client.ts";
import { fillIn } from "../support/person.ts";
import { askTool, openSession } from "../support/worker.ts";

const TIMEOUT_MILLISECONDS = 30_000;
const THINKING = { expiresIn: 100, thinkMilliseconds: 3000 };
const PATIENCE = { timeout: 10_000 };
const CLIENT = "everyones-slack";

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

/** Begins a refresh, and goes away as soon as the provider was asked. */
async function beginRefresh(tokens: { refresh_token?: string; client_id: string }, alsoBefore = () => {}) {
	const { refresh_token = "", client_id } = tokens;
	const leaving = new AbortController();
	const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token, client_id });
	const asked = (await askedOf(CLIENT)).length;
	const left = server.serve(`${ORIGIN}/token`, { method: "POST", body, signal: leaving.signal });
	await vi.waitUntil(async () => (await askedOf(CLIENT)).length > asked, PATIENCE);
	alsoBefore();
	leaving.abort();
	await expect(left).rejects.toThrow();
}

async function signIn() {
	await tellProvider(CLIENT, THINKING);
	return server.signIn({ provider: "slack", login: newLogin() });
}

/** A request whose client goes away is cancelled by the runtime, with all it waits for. Nobody else may wait for that. */
describe("a client that goes away", { timeout: TIMEOUT_MILLISECONDS }, () => {
	it("while its provider thinks about a refresh leaves the other windows of that client their tokens", async () => {
		const tokens = await signIn();
		let staying: Promise<Response> | undefined;
		await beginRefresh(tokens, () => {
			staying = server.refresh(tokens);
		});
		expect((await staying)?.status).toBe(200);
	});

	it("while its provider thinks about a refresh can come back and refresh", async () => {
		const tokens = await signIn();
		await beginRefresh(tokens);
		expect((await server.refresh(tokens)).status).toBe(200);
	});

	it("while its provider's metadata is read leaves everyone else their sign-in", async () => {
		// An isolate that has read no metadata yet.
		vi.resetModules();
		const host = "accounts.google.com";
		await tellProvider(host, THINKING);
		const by = server.person();
		const client = server.client();
		const { url } = await client.authorizationUrl(await client.register());
		const { action, fields } = fillIn(await (await by.get(url)).text(), { provider: "google" });
		const asked = (await askedOf(host)).length;
		const leaving = new AbortController();
		const headers = { Cookie: by.cookiesOf(ORIGIN), Origin: ORIGIN };
		const body = new URLSearchParams(fields);
		const { signal } = leaving;
		const left = server.serve(ORIGIN + action, { method: "POST", headers, body, signal, redirect: "manual" });
		await vi.waitUntil(async () => (await askedOf(host)).length > asked, PATIENCE);
		leaving.abort();
		await expect(left).rejects.toThrow();
		await tellProvider(host, {});
		expect((await server.signIn({ provider: "google", login: newLogin() })).access_token).toBeTruthy();
	});
});
