import { parse } from "node-html-parser";
import { describe, expect, it } from "vitest";
import type { Fault } from "../support/identity/behaviour.ts";
import { PROVIDERS, type ProviderCase, UPSTREAM_DETAIL } from "../support/identity/cases.ts";
import { isClientUrl, ORIGIN, Scene } from "../support/identity/server.ts";
import { readText } from "../support/person.ts";

type Case = [what: string, fault: (provider: ProviderCase) => Fault, errors: readonly string[]];

const error = { error: "invalid_client", error_description: UPSTREAM_DETAIL };

const CASES: Case[] = [
	["refuses the code", () => ({ status: 400, body: { ...error, error: "invalid_grant" } }), ["access_denied"]],
	["answers 429", () => ({ status: 429, headers: { "Retry-After": "7" }, body: error }), ["temporarily_unavailable"]],
	["answers 500", () => ({ status: 500, text: UPSTREAM_DETAIL }), ["temporarily_unavailable"]],
	[
		"answers 503 with a page",
		() => ({ status: 503, text: `<h1>${UPSTREAM_DETAIL}</h1>` }),
		["temporarily_unavailable"],
	],
	[
		"answers something that is not JSON",
		() => ({ status: 200, text: `<h1>${UPSTREAM_DETAIL}</h1>` }),
		["server_error"],
	],
	["answers nothing in particular", () => ({ status: 200, body: { note: UPSTREAM_DETAIL } }), ["server_error"]],
	[
		"answers a token that is none",
		() => ({ status: 200, body: { access_token: 42, token_type: "bearer", note: UPSTREAM_DETAIL } }),
		["server_error"],
	],
];

/** What only the administrator can mend. */
const MISCONFIGURED: [what: string, fault: (provider: ProviderCase) => Fault][] = [
	["refuses", (provider) => provider.refusal],
	["answers 401", () => ({ status: 401, body: error })],
	[
		"answers 401 with a challenge",
		() => ({ status: 401, headers: { "WWW-Authenticate": `Basic realm="${UPSTREAM_DETAIL}"` }, body: error }),
	],
	["does not know the callback URL", () => ({ status: 400, body: { ...error, error: "redirect_uri_mismatch" } })],
];

describe.each(PROVIDERS)("when the token endpoint of $title", (provider) => {
	it.each(CASES)("%s, the client is told so, and nothing more", async (_what, fault, errors) => {
		const scene = await Scene.open(provider, { onCode: fault(provider) });
		const end = await scene.authorize();
		expect(isClientUrl(end)).toBe(true);
		expect(errors).toContain(end.searchParams.get("error"));
		expect(end.searchParams.get("state")).toBe("client-state");
		expect(end.searchParams.get("iss")).toBe(ORIGIN);
		expect(end.searchParams.has("code")).toBe(false);
		expect(end.href).not.toContain(UPSTREAM_DETAIL);
	});

	it.each(MISCONFIGURED)("%s, the person is told what to mend, and nothing more", async (_what, fault) => {
		const scene = await Scene.open(provider, { onCode: fault(provider) });
		const client = scene.client();
		const { url } = await client.authorizationUrl(await client.register());
		const { response } = await scene.person().walk(url, { login: scene.login });
		expect(response?.status).toBe(500);
		const html = (await response?.text()) ?? "";
		expect(readText(html)).toContain(provider.title);
		expect(html).not.toMatch(/declined|not available/);
		expect(html).not.toContain(UPSTREAM_DETAIL);
		// The client waits: the way back tells it.
		const back = new URL(parse(html).querySelector("a[href*='error=']")?.getAttribute("href") ?? "");
		expect(isClientUrl(back)).toBe(true);
		expect(Object.fromEntries(back.searchParams)).toMatchObject({
			error: "server_error",
			state: "client-state",
			iss: ORIGIN,
		});
	});

	it("is well again, a new sign-in works", async () => {
		const scene = await Scene.open(provider, { onCode: { status: 500 } });
		await scene.authorize();
		await scene.behave({});
		expect((await scene.authorize()).searchParams.has("code")).toBe(true);
	});
});
