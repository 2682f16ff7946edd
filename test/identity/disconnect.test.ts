/** A request whose client goes away is cancelled by the runtime, with all it waits for. Nobody else may wait for that. */
import { describe, expect, it, vi } from "vitest";
import { askedOf, BoundServer, newLogin, ORIGIN, tellProvider } from "../support/identity/server.ts";
import { fillIn } from "../support/person.ts";

const TIMEOUT_MILLISECONDS = 30_000;
const THINKING = { expiresIn: 100, thinkMilliseconds: 3000 };
const PATIENCE = { timeout: 10_000 };
const CLIENT = "everyones-slack";

const server = new BoundServer();

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
