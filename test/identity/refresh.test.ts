import { describe, expect, it } from "vitest";
import { caseOf, PROVIDERS, UPSTREAM_DETAIL } from "../support/identity/cases.ts";
import { ORIGIN, Scene } from "../support/identity/server.ts";
import type { Tokens } from "../support/oauth-client.ts";
import { INITIALIZE, mcp } from "../support/worker.ts";

/** Short enough to be refreshed at once. */
const SOON = { expiresIn: 100 };

describe.each(PROVIDERS)("when an MCP client refreshes a grant of $title, the provider's tokens", (provider) => {
	it("are refreshed if they are about to expire, and its new refresh token is kept", async () => {
		const scene = await Scene.open(provider, { ...SOON, refreshToken: "rotated" });
		const tokens = await scene.signIn();
		const before = await scene.propsOf(tokens.access_token);
		const response = await scene.refresh(tokens);
		expect(response.status).toBe(200);
		const refreshed: Tokens = await response.json();
		const after = await scene.propsOf(refreshed.access_token);
		expect(after?.user).toEqual(before?.user);
		expect(after?.upstream?.accessToken).not.toBe(before?.upstream?.accessToken);
		expect(after?.upstream?.refreshToken).not.toBe(before?.upstream?.refreshToken);
		const again = await scene.refresh({ ...refreshed, client_id: tokens.client_id });
		expect(again.status).toBe(200);
		const used = (await scene.refreshes()).map(({ form }) => form?.refresh_token);
		expect(used).toEqual([before?.upstream?.refreshToken, after?.upstream?.refreshToken]);
	});

	it("keep the old refresh token where the provider sends no new one", async () => {
		const scene = await Scene.open(provider, { ...SOON, refreshToken: "omitted" });
		const tokens = await scene.signIn();
		const before = await scene.propsOf(tokens.access_token);
		const response = await scene.refresh(tokens);
		expect(response.status).toBe(200);
		const refreshed: Tokens = await response.json();
		const after = await scene.propsOf(refreshed.access_token);
		expect(after?.upstream?.accessToken).not.toBe(before?.upstream?.accessToken);
		expect(after?.upstream?.refreshToken).toBe(before?.upstream?.refreshToken);
		expect((await scene.refresh({ ...refreshed, client_id: tokens.client_id })).status).toBe(200);
	});

	it("are left alone if they last", async () => {
		// WorkOS's own five minutes are enough.
		const scene = await Scene.open(provider, { expiresIn: 300 });
		const response = await scene.refresh(await scene.signIn());
		expect(response.status).toBe(200);
		expect(await scene.refreshes()).toEqual([]);
	});

	it("that are dead end the grant: the client is told to sign in again, and its old access token with it", async () => {
		const scene = await Scene.open(provider, { ...SOON, onRefresh: provider.deadGrant });
		const tokens = await scene.signIn();
		const response = await scene.refresh(tokens);
		expect(response.status).toBe(400);
		const text = await response.text();
		expect(JSON.parse(text)).toMatchObject({ error: "invalid_grant" });
		expect(text).not.toContain(UPSTREAM_DETAIL);
		expect((await mcp(INITIALIZE, { token: tokens.access_token, origin: ORIGIN })).status).toBe(401);
		await scene.behave(SOON);
		expect((await scene.refresh(tokens)).status).toBe(400);
	});

	it.each([
		["answers 429", () => ({ status: 429, headers: { "Retry-After": "7" }, text: UPSTREAM_DETAIL }), "7"],
		["answers 500", () => ({ status: 500, text: UPSTREAM_DETAIL }), "30"],
		["answers 401", () => ({ status: 401, body: { error: "invalid_client" } }), "30"],
		["answers a page", () => ({ status: 200, text: `<h1>${UPSTREAM_DETAIL}</h1>` }), "30"],
		["refuses us, not the person", () => provider.refusal, "30"],
	])("survive that the provider %s", async (_what, fault, retryAfter) => {
		const scene = await Scene.open(provider, SOON);
		const tokens = await scene.signIn();
		await scene.behave({ ...SOON, onRefresh: fault() });
		const response = await scene.refresh(tokens);
		expect(response.status).toBe(503);
		expect(response.headers.get("Retry-After")).toBe(retryAfter);
		const text = await response.text();
		expect(JSON.parse(text)).toMatchObject({ error: "temporarily_unavailable" });
		expect(text).not.toContain(UPSTREAM_DETAIL);
		expect(await scene.propsOf(tokens.access_token)).toBeDefined();
		await scene.behave(SOON);
		expect((await scene.refresh(tokens)).status).toBe(200);
	});

	it("are refreshed once for ten windows that come at the same time, and each of them can refresh again", async () => {
		const scene = await Scene.open(provider, { ...SOON, refreshToken: "rotated" });
		const tokens = await scene.signIn();
		const { client_id } = tokens;
		const refreshAll = async (all: readonly Tokens[]) => {
			const responses = await Promise.all(all.map((one) => scene.refresh({ ...one, client_id })));
			expect(responses.map(({ status }) => status)).toEqual(all.map(() => 200));
			return Promise.all(responses.map((response) => response.json<Tokens>()));
		};
		const ten = await refreshAll(Array.from({ length: 10 }, () => tokens));
		expect(await scene.refreshes()).toHaveLength(1);
		await refreshAll(ten);
		expect(await scene.refreshes()).toHaveLength(2);
	});
});

describe.each(PROVIDERS)("an access token of this server, for a user of $title,", (provider) => {
	it.each([10, 100, 7200])(
		"does not outlive the provider's, which lasts %i seconds, by over a minute",
		async (expiresIn) => {
			const scene = await Scene.open(provider, { expiresIn });
			const tokens = await scene.signIn();
			expect(tokens.expires_in).toBeGreaterThan(0);
			expect(tokens.expires_in).toBeLessThanOrEqual(expiresIn + 60);
			const response = await scene.refresh(tokens);
			expect(response.status).toBe(200);
			expect(((await response.json()) as Tokens).expires_in).toBeLessThanOrEqual(expiresIn + 60);
		},
	);
});

describe("a provider that rotates its token, and then cannot say what the user may do", () => {
	it("costs the user nothing: the new token and the old permissions are kept", async () => {
		const scene = await Scene.open(caseOf("descope"));
		await scene.behave({ expiresIn: 100, claims: { scope: "openid image_generation" } });
		const tokens = await scene.signIn();
		const before = await scene.propsOf(tokens.access_token);
		await scene.behave({ expiresIn: 100, onApi: { status: 503 } });
		const refreshed = await (await scene.refresh(tokens)).json<Tokens>();
		const after = await scene.propsOf(refreshed.access_token);
		expect(after?.upstream?.accessToken).not.toBe(before?.upstream?.accessToken);
		expect(after?.user.permissions).toEqual(["image_generation"]);
		await scene.behave({ expiresIn: 100 });
		expect((await scene.refresh({ ...tokens, ...refreshed })).status).toBe(200);
	});
});
