import { parse } from "node-html-parser";
import { describe, expect, it } from "vitest";
import { LONG_CLIENT_ID } from "../support/client-documents.ts";
import { REDIRECT_URI, type SignInOptions } from "../support/oauth-client.ts";
import { fillIn, type Person, readText } from "../support/person.ts";
import { fetchWorker, LOCAL, oauthClient, person } from "../support/worker.ts";

const EDITOR = "https://editor.example/client.json";

async function authorizationUrl(options: SignInOptions = {}): Promise<string> {
	const client = oauthClient();
	const redirectUris = options.redirectUri ? [options.redirectUri] : undefined;
	const clientId = options.clientId ?? (await client.register(options.clientName, redirectUris));
	return (await client.authorizationUrl(clientId, options)).url;
}

async function openConsent(options?: SignInOptions, by: Person = person()) {
	const response = await by.get(await authorizationUrl(options));
	const html = await response.text();
	return { response, html, text: readText(html), form: fillIn(html, {}), by };
}

const tickable = (html: string) =>
	parse(html)
		.querySelectorAll("input[name=scope]")
		.map((box) => box.getAttribute("value"));

describe("the consent page", () => {
	it("says who is asking, where access goes, and that nobody verified the name", async () => {
		const { response, text } = await openConsent({
			clientName: "Nice Editor",
			redirectUri: "https://editor.example/cb",
		});
		expect(response.status).toBe(200);
		expect(text).toContain("Nice Editor");
		expect(text).toContain("editor.example");
		expect(text).toContain("the app chose its own name");
		expect(text).not.toContain("this computer");
	});

	it("warns when access goes to an app on this computer", async () => {
		const { text } = await openConsent();
		expect(text).toContain("localhost");
		expect(text).toContain("Continue only if you just started signing in from it");
	});

	it("shows the verified domain of a client with a metadata document, on whatever port it listens", async () => {
		const { response, text } = await openConsent({ clientId: EDITOR, redirectUri: "http://127.0.0.1:51234/callback" });
		expect(response.status).toBe(200);
		expect(text).toContain("Example Editor");
		expect(text).toMatch(/Published by\s+editor\.example/);
	});

	it("is shown for a metadata document at a long address, too", async () => {
		const { response, text } = await openConsent({ clientId: LONG_CLIENT_ID });
		expect(response.status).toBe(200);
		expect(text).toContain("Long address");
	});

	it("offers each scope as a sentence with a box, and Allow and Deny", async () => {
		const { html, text } = await openConsent();
		expect(tickable(html)).toEqual(["tools", "identity", "notes", "images"]);
		expect(text).toContain("Generate images in your name");
		const buttons = parse(html).querySelectorAll("button[name=decision]");
		expect(buttons.map((button) => button.getAttribute("value")).sort()).toEqual(["approve", "deny"]);
	});

	it("offers only what the client asked for, if that is known here", async () => {
		expect(tickable((await openConsent({ scope: "tools" })).html)).toEqual(["tools"]);
		expect(tickable((await openConsent({ scope: "tools offline_access" })).html)).toEqual(["tools"]);
		expect(tickable((await openConsent({ scope: "openid" })).html)).toEqual(["tools", "identity", "notes", "images"]);
	});

	it("shows a client name full of HTML as text", async () => {
		const clientName = `"><script>alert(1)</script><img src=x onerror=alert(1)>'&`;
		const { html, text } = await openConsent({ clientName });
		expect(text).toContain(clientName);
		const page = parse(html);
		expect(page.querySelectorAll("script, img, [onerror]")).toHaveLength(0);
	});

	it("cannot be framed, cached, or made to load anything", async () => {
		const { response } = await openConsent();
		const policy = response.headers.get("Content-Security-Policy");
		expect(policy).toContain("default-src 'none'");
		expect(policy).toContain("frame-ancestors 'none'");
		expect(response.headers.get("X-Frame-Options")).toBe("DENY");
		expect(response.headers.get("Cache-Control")).toBe("no-store");
		expect(response.headers.get("Set-Cookie")).toMatch(/^__Host-.*; Secure; HttpOnly; SameSite=Lax/);
	});
});

describe("the consent form", () => {
	it("leads to sign-in, and then back to the client with a code, its state and our issuer", async () => {
		const end = await person().authorize(await authorizationUrl());
		expect(end.origin + end.pathname).toBe(REDIRECT_URI);
		expect(end.searchParams.get("code")).toBeTruthy();
		expect(end.searchParams.get("state")).toBe("client-state");
		expect(end.searchParams.get("iss")).toBe(LOCAL);
	});

	it("denied, tells the client so", async () => {
		const end = await person().authorize(await authorizationUrl(), { decision: "deny" });
		expect(end.origin + end.pathname).toBe(REDIRECT_URI);
		expect(Object.fromEntries(end.searchParams)).toMatchObject({
			error: "access_denied",
			state: "client-state",
			iss: LOCAL,
		});
	});

	it("forged by another site is refused, for allowing and for denying", async () => {
		const url = `${LOCAL}/authorize`;
		for (const decision of ["approve", "deny"]) {
			const response = await person().post(url, [
				["handle", "made-up"],
				["scope", "tools"],
				["decision", decision],
			]);
			expect(response.status).toBe(400);
			expect(response.headers.has("Location")).toBe(false);
		}
	});

	it("opened in one browser and posted from another is refused, and still works in the first", async () => {
		const { form, by } = await openConsent();
		const stranger = await person().post(`${LOCAL}/authorize`, form.fields);
		expect(stranger.status).toBe(400);
		expect(readText(await stranger.text())).toContain("not started in this browser");
		expect((await by.post(`${LOCAL}/authorize`, form.fields)).status).toBe(302);
	});

	it("works once", async () => {
		const { form, by } = await openConsent();
		expect((await by.post(`${LOCAL}/authorize`, form.fields)).status).toBe(302);
		expect((await by.post(`${LOCAL}/authorize`, form.fields)).status).toBe(400);
	});

	it("posted from a page of another origin is refused before it is read", async () => {
		const { form } = await openConsent();
		const response = await fetchWorker(`${LOCAL}/authorize`, {
			method: "POST",
			headers: { Origin: "https://evil.example" },
			body: new URLSearchParams(form.fields),
		});
		expect(response.status).toBe(403);
	});

	it("with nothing ticked, or no decision, says so and can be corrected", async () => {
		const { form, by } = await openConsent();
		const untouched = form.fields.filter(([name]) => name !== "scope");
		const nothing = await by.post(`${LOCAL}/authorize`, untouched);
		expect(nothing.status).toBe(400);
		expect(readText(await nothing.text())).toContain("Nothing was ticked");
		const undecided = await by.post(
			`${LOCAL}/authorize`,
			form.fields.filter(([name]) => name !== "decision"),
		);
		expect(undecided.status).toBe(400);
		expect((await by.post(`${LOCAL}/authorize`, form.fields)).status).toBe(302);
	});

	it("cannot grant a scope this server does not have", async () => {
		const { form, by } = await openConsent({ scope: "tools" });
		const response = await by.post(`${LOCAL}/authorize`, [...form.fields, ["scope", "everything"]]);
		expect(response.status).toBe(302);
	});

	it("that is not a form is refused with a sentence", async () => {
		for (const path of ["/authorize", "/callback"]) {
			const response = await fetchWorker(LOCAL + path, {
				method: "POST",
				body: "{}",
				headers: { "Content-Type": "application/json" },
			});
			expect(response.status).toBe(400);
		}
	});
});

describe("remembered consent", () => {
	it("skips the page for the same client, redirect URI, resource and scopes", async () => {
		const by = person();
		const clientId = await oauthClient().register();
		await by.authorize(await authorizationUrl({ clientId }));
		const again = await by.get(await authorizationUrl({ clientId }));
		expect(again.status).toBe(302);
		expect(again.headers.get("Location")).toMatch(/^\/sign-in\?state=/);
	});

	it("lasts 30 days", async () => {
		const { form, by } = await openConsent();
		const response = await by.post(`${LOCAL}/authorize`, form.fields);
		const cookie = response.headers.getSetCookie().find((line) => line.includes("approvals"));
		expect(cookie).toContain(`Max-Age=${30 * 24 * 60 * 60}`);
	});

	it("does not cover another browser, client, redirect URI, resource, or more scopes", async () => {
		const by = person();
		const other = "http://localhost:33418/other";
		const clientId = await oauthClient().register("Test client", [REDIRECT_URI, other]);
		await by.authorize(await authorizationUrl({ clientId, scope: "tools" }));
		const asksAgain = async (options: SignInOptions, browser = by) =>
			(await browser.get(await authorizationUrl(options))).status;
		expect(await asksAgain({ clientId, scope: "tools" })).toBe(302);
		expect(await asksAgain({ clientId, scope: "tools" }, person())).toBe(200);
		expect(await asksAgain({ scope: "tools" })).toBe(200);
		expect(await asksAgain({ clientId, scope: "tools", redirectUri: other })).toBe(200);
		expect(await asksAgain({ clientId, scope: "tools", resource: `${LOCAL}/sse` })).toBe(200);
		expect(await asksAgain({ clientId, scope: "tools images" })).toBe(200);
	});

	it("does not keep a client from having the person asked", async () => {
		const by = person();
		const clientId = await oauthClient().register();
		await by.authorize(await authorizationUrl({ clientId }));
		for (const prompt of ["consent", "login", "select_account consent"]) {
			const url = `${await authorizationUrl({ clientId })}&prompt=${encodeURIComponent(prompt)}`;
			expect((await by.get(url)).status).toBe(200);
		}
	});

	it("cannot be forged", async () => {
		const url = await authorizationUrl();
		const response = await fetchWorker(url, {
			headers: { Cookie: "__Host-oauth-approvals=forged.signature" },
			redirect: "manual",
		});
		expect(response.status).toBe(200);
	});
});

describe("an authorization request", () => {
	it("from an unknown client, or to an address it did not register, gets a page and never a redirect", async () => {
		const client = oauthClient();
		const clientId = await client.register();
		const unknown = (await client.authorizationUrl("nobody")).url;
		const elsewhere = (await client.authorizationUrl(clientId, { redirectUri: "https://evil.example/cb" })).url;
		const unreadable = (await client.authorizationUrl("https://gone.example/client.json")).url;
		const endless = (await client.authorizationUrl("x".repeat(2000))).url;
		for (const url of [unknown, elsewhere, unreadable, endless, `${LOCAL}/authorize`]) {
			const response = await person().get(url);
			expect(response.status).toBe(400);
			expect(response.headers.has("Location")).toBe(false);
			expect(readText(await response.text())).toContain("That did not work");
		}
	});

	it("without PKCE is answered to the client", async () => {
		const url = new URL(await authorizationUrl());
		url.searchParams.delete("code_challenge");
		url.searchParams.delete("code_challenge_method");
		const location = (await person().get(url.href)).headers.get("Location");
		expect(location).toContain("error=invalid_request");
		expect(location).toContain(REDIRECT_URI);
	});
});
