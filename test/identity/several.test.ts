import { parse } from "node-html-parser";
import { describe, expect, it } from "vitest";
import { caseOf, EVERY_PROVIDER, PROVIDERS } from "../support/identity/cases.ts";
import { ORIGIN, Server } from "../support/identity/server.ts";
import { fillIn, readText } from "../support/person.ts";

const TWO = { ...caseOf("github").settings("two-github"), ...caseOf("google").settings("two-google") };

/** Of an app on the web: one on the user's computer is asked about each time. */
const redirectUri = "https://app.example/callback";
const register = (server: Server) => server.client().register("App on the web", [redirectUri]);

async function openConsent(server: Server, by = server.person(), clientId?: string) {
	const client = server.client();
	const { url } = await client.authorizationUrl(clientId ?? (await register(server)), { redirectUri });
	const response = await by.get(url);
	return { by, url, response, html: await response.text() };
}

describe("the consent page of a server with several identity providers", () => {
	it("has a button for each, and one to deny", async () => {
		const { html } = await openConsent(new Server(EVERY_PROVIDER));
		const buttons = parse(html).querySelectorAll("button");
		const texts = buttons.map(({ text }) => text.trim()).sort();
		expect(texts).toEqual([...PROVIDERS.map(({ title }) => title), "Deny"].sort());
	});

	it("leads to the one whose button is pressed", async () => {
		const hosts = { github: "github.com", google: "accounts.google.com" };
		for (const [provider, host] of Object.entries(hosts)) {
			const server = new Server(TWO);
			const { by, html } = await openConsent(server);
			const { action, fields } = fillIn(html, { provider });
			const response = await by.post(ORIGIN + action, fields);
			expect(new URL(response.headers.get("Location") ?? "").host).toBe(host);
		}
	});

	it("asks again if no provider was chosen, or one that is not offered, and goes on from there", async () => {
		const { by, html } = await openConsent(new Server(TWO));
		const { fields } = fillIn(html, {});
		for (const path of ["/authorize", "/authorize?provider=slack", "/authorize?provider=local"]) {
			const response = await by.post(ORIGIN + path, fields);
			expect(response.status).toBe(400);
			expect(readText(await response.text())).toContain("did not say with whom to sign in");
		}
		expect((await by.post(`${ORIGIN}/authorize?provider=google`, fields)).status).toBe(302);
	});

	it("can be denied", async () => {
		const server = new Server(TWO);
		const end = await server.authorize({ decision: "deny" });
		expect(end.searchParams.get("error")).toBe("access_denied");
	});
});

describe("remembered consent on a server with several identity providers", () => {
	it("goes straight to the provider that was chosen last", async () => {
		const server = new Server(TWO);
		const clientId = await register(server);
		const by = server.person();
		for (const [provider, host] of [
			["google", "accounts.google.com"],
			["github", "github.com"],
		]) {
			const { by: first, html } = await openConsent(server, server.person(), clientId);
			await first.post(ORIGIN + fillIn(html, { provider: provider ?? "" }).action, fillIn(html, {}).fields);
			const again = await openConsent(server, first, clientId);
			expect(again.response.status).toBe(302);
			expect(new URL(again.response.headers.get("Location") ?? "").host).toBe(host);
		}
		expect((await openConsent(server, by, clientId)).response.status).toBe(200);
	});

	it("asks again when that provider is not offered any more", async () => {
		const server = new Server(TWO);
		const clientId = await register(server);
		const { by, html } = await openConsent(server, server.person(), clientId);
		await by.post(`${ORIGIN}/authorize?provider=google`, fillIn(html, {}).fields);
		const cookies = by.cookiesOf(ORIGIN);
		const others = { ...caseOf("github").settings("two-github"), ...caseOf("slack").settings("two-slack") };
		const changed = new Server(others);
		const { url } = await changed.client().authorizationUrl(clientId, { redirectUri });
		const response = await changed.fetch(url, { headers: { Cookie: cookies }, redirect: "manual" });
		expect(response.status).toBe(200);
		expect(await response.text()).toContain("Allow, and sign in with Slack");
	});
});

describe("the consent page of a server with one identity provider", () => {
	it("names it, and needs no choice", async () => {
		const { html } = await openConsent(new Server(caseOf("slack").settings("one-slack")));
		expect(readText(html)).toContain("You sign in with Slack next");
		expect(parse(html).querySelectorAll("button")).toHaveLength(2);
	});
});

describe("the built-in sign-in of a server with an identity provider", () => {
	it("is gone, on this computer too", async () => {
		const server = new Server(TWO);
		for (const origin of [ORIGIN, "http://localhost:8788"]) {
			const page = await server.serve(`${origin}/sign-in?state=x`);
			expect(page.status).toBe(404);
			const body = new URLSearchParams({ email: "alice@example.com" });
			expect((await server.serve(`${origin}/callback?state=x`, { method: "POST", body })).status).toBe(404);
		}
	});
});
