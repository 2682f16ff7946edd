/** No secret of a sign-in with an identity provider is in the log, or in the clear in storage. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PROVIDERS } from "../support/identity/cases.ts";
import { Scene } from "../support/identity/server.ts";
import type { Tokens } from "../support/oauth-client.ts";
import { secretOf, storedIn, userOf } from "../support/objects.ts";

let texts: string[] = [];
beforeEach(() => {
	texts = [];
	for (const method of ["log", "info", "warn", "error", "debug"] as const) {
		vi.spyOn(console, method).mockImplementation((...parts) => void texts.push(parts.join(" ")));
	}
});
afterEach(() => vi.restoreAllMocks());

describe.each(PROVIDERS)("of a user of $title", (provider) => {
	it("the tokens, codes and client secret stay secret, over a refresh and one that fails", async () => {
		const scene = await Scene.open(provider, { expiresIn: 100, refreshToken: "rotated" });
		const tokens = await scene.signIn();
		const before = await scene.propsOf(tokens.access_token);
		const refreshed: Tokens = await (await scene.refresh(tokens)).json();
		const after = await scene.propsOf(refreshed.access_token);
		await scene.behave({ expiresIn: 100, onRefresh: { status: 500 } });
		await (await scene.refresh({ ...refreshed, client_id: tokens.client_id })).text();
		const upstream = [before, after].flatMap((props) => [props?.upstream?.accessToken, props?.upstream?.refreshToken]);
		const sent = (await scene.requests()).flatMap(({ form }) => [
			form?.code,
			form?.code_verifier,
			form?.client_secret,
			form?.refresh_token,
		]);
		const own = [tokens, refreshed].flatMap(({ access_token, refresh_token }) => [access_token, refresh_token ?? ""]);
		const settings = Object.entries(provider.settings(scene.clientId)).filter(([name]) => name.endsWith("_SECRET"));
		const secrets = [...upstream, ...sent, ...own.map(secretOf), ...settings.map(([, value]) => value)].filter(
			(secret) => secret !== undefined && secret.length > 7,
		);
		expect(secrets.length).toBeGreaterThan(8);
		const { keys } = await env.OAUTH_KV.list();
		const records = await Promise.all(keys.map(async ({ name }) => `${name} ${await env.OAUTH_KV.get(name)}`));
		const places = { log: texts, kv: records, object: [await storedIn(userOf(tokens.access_token))] };
		for (const [place, lines] of Object.entries(places)) {
			const text = lines.join("\n");
			for (const secret of secrets) expect(text, place).not.toContain(secret);
		}
		expect(texts.join("\n")).not.toContain(scene.login);
	});
});
