import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { parse } from "node-html-parser";
import { describe, expect, it } from "vitest";
import worker, { server } from "#under-test";
import { REDIRECT_URI, type SignInOptions } from "../support/oauth-client.ts";
import { fillIn, Person, readText } from "../support/person.ts";
import { fetchWorker, LOCAL, oauthClient, person, signIn } from "../support/worker.ts";

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
		expect(text).toContain("Anyone can use this name");
		expect(text).not.toContain("this device");
	});

	it("warns when access goes to an app on this device", async () => {
		const { text } = await openConsent();
		expect(text).toContain("localhost");
		expect(text).toContain("Continue only if you just started signing in from it");
	});

	it("offers each scope as a sentence with a box, and Allow and Deny", async () => {
		const { html, text } = await openConsent();
		expect(tickable(html)).toEqual(["tools", "identity", "notes", "images"]);
		expect(text).toContain("Come in, in your name");
		const buttons = parse(html).querySelectorAll("button[name=decision]");
		expect(buttons.map((button) => button.getAttribute("value")).sort()).toEqual(["approve", "deny"]);
	});

	it("offers only what the client asked for, if that is known here", async () => {
		expect(tickable((await openConsent({ scope: "tools" })).html)).toEqual(["tools"]);
		const { html, text } = await openConsent({ scope: "notes tools offline_access" });
		expect(tickable(html)).toEqual(["tools", "notes"]);
		expect(text).not.toContain("offline");
		expect(tickable((await openConsent({ scope: "openid notes files:write" })).html)).toEqual(["notes"]);
	});

	it.each(["openid", "openid email profile", "offline_access", "openid address phone offline_access", " "])(
		"takes OpenID scopes for no scope at all (%s), and offers everything",
		async (scope) => {
			expect(tickable((await openConsent({ scope })).html)).toEqual(["tools", "identity", "notes", "images"]);
		},
	);

	it.each(["files:write", "stdio", "TOOLS", "openid mcp:tools", "constructor"])(
		"offers the first scope to a client that names only scopes of another server (%s)",
		async (scope) => {
			const { html } = await openConsent({ scope });
			expect(tickable(html)).toEqual(["tools"]);
			expect((await signIn({ scope })).scope).toBe("tools");
		},
	);

	it("shows a client name full of HTML as text", async () => {
		const clientName = `"><script>alert(1)</script><img src=x onerror=alert(1)>'&`;
		const { html, text } = await openConsent({ clientName });
		expect(text).toContain(clientName);
		const page = parse(html);
		expect(page.querySelectorAll("script, img:not(.brand img), [onerror]")).toHaveLength(0);
	});

	it.each([
		["Cla\u202Eude", "Claude"],
		["Line\r\nbreak\u2028and tab\t", "Line break and tab"],
		["\u200B\u200E", "An app without a name"],
		["n".repeat(90), `${"n".repeat(59)}…`],
	])("shows the name %j as %s", async (clientName, shown) => {
		const { text } = await openConsent({ clientName });
		expect(text).toContain(`Allow ${shown}?`);
	});

	it("marks a name whose letters look like others", async () => {
		const warning = "mixes letters of several alphabets";
		// The first letter is Cyrillic.
		expect((await openConsent({ clientName: "\u0421laude" })).text).toContain(warning);
		for (const clientName of ["Claude", "Яндекс", "クロード Claude"]) {
			expect((await openConsent({ clientName })).text).not.toContain(warning);
		}
	});

	it("names this server, and says where access goes before anything that the app says of itself", async () => {
		const { html, text } = await openConsent({ clientName: "Some app" });
		expect(parse(html).querySelector("title")?.text).toContain("localhost:8788");
		expect(text).toContain(`This app wants to use ${server.info.title} at localhost:8788 for you.`);
		expect(text).toContain("localhost:33418");
		const [first] = parse(html).querySelectorAll("dt");
		expect(first?.text).toBe("Access goes to");
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
		const text = readText(await stranger.text());
		expect(text).toContain("not started in this browser");
		expect(text).toContain("Safari");
		expect((await by.post(`${LOCAL}/authorize`, form.fields)).status).toBe(302);
	});

	it("works once, and then says so", async () => {
		const { form, by } = await openConsent();
		expect((await by.post(`${LOCAL}/authorize`, form.fields)).status).toBe(302);
		const again = await by.post(`${LOCAL}/authorize`, form.fields);
		expect(again.status).toBe(400);
		const text = readText(await again.text());
		expect(text).toContain("has expired or was already used");
		expect(text).not.toContain("Safari");
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

	it.each([
		["with nothing ticked", "scope", "Nothing was ticked"],
		["with no decision", "decision", "did not say whether to allow or to deny"],
	])("%s is shown again with a sentence, and goes on from there", async (_what, missing, sentence) => {
		const { form, by } = await openConsent({ scope: "tools identity" });
		const response = await by.post(
			`${LOCAL}/authorize`,
			form.fields.filter(([name]) => name !== missing),
		);
		expect(response.status).toBe(400);
		const html = await response.text();
		expect(parse(html).querySelector("form [role=alert]")?.text).toContain(sentence);
		expect(tickable(html)).toEqual(["tools", "identity"]);
		const ticked = parse(html).querySelectorAll("input[checked]").length;
		expect(ticked).toBe(missing === "scope" ? 0 : 2);
		// The page that is shown now works, and so does the one before it.
		for (const { fields } of [fillIn(html, {}), form]) {
			expect((await by.post(`${LOCAL}/authorize`, fields)).status).toBe(302);
		}
	});

	it("with nothing ticked, and its authorization request changed, shows what that asks for and approves nothing", async () => {
		const { form, by } = await openConsent({ clientName: "First app" });
		const other = new URL(await authorizationUrl({ clientName: "Second app" }));
		const changed: [string, string][] = [
			["handle", form.fields.find(([name]) => name === "handle")?.[1] ?? ""],
			["query", other.search],
			["decision", "approve"],
		];
		const html = await (await by.post(`${LOCAL}/authorize`, changed)).text();
		expect(readText(html)).toContain("Second app");
		const end = await by.post(`${LOCAL}/authorize`, fillIn(html, {}).fields);
		expect(end.status).toBe(302);
		const unknown: [string, string][] = [
			["query", "?client_id=nobody"],
			["decision", "approve"],
		];
		expect((await by.post(`${LOCAL}/authorize`, unknown)).status).toBe(400);
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
	/** An app on the user's computer is asked about each time. */
	const redirectUri = "https://app.example/callback";

	it("skips the page for the same client, redirect URI, resource and scopes", async () => {
		const by = person();
		const clientId = await oauthClient().register("Test client", [redirectUri]);
		await by.authorize(await authorizationUrl({ clientId, redirectUri }));
		const again = await by.get(await authorizationUrl({ clientId, redirectUri }));
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
		const other = "https://app.example/other";
		const clientId = await oauthClient().register("Test client", [redirectUri, other]);
		await by.authorize(await authorizationUrl({ clientId, redirectUri, scope: "tools" }));
		const asksAgain = async (options: SignInOptions, browser = by) =>
			(await browser.get(await authorizationUrl({ redirectUri, ...options }))).status;
		expect(await asksAgain({ clientId, scope: "tools" })).toBe(302);
		expect(await asksAgain({ clientId, scope: "tools" }, person())).toBe(200);
		expect(await asksAgain({ scope: "tools" })).toBe(200);
		expect(await asksAgain({ clientId, scope: "tools", redirectUri: other })).toBe(200);
		expect(await asksAgain({ clientId, scope: "tools", resource: `${LOCAL}/sse` })).toBe(200);
		expect(await asksAgain({ clientId, scope: "tools images" })).toBe(200);
	});

	it("goes on when COOKIE_ENCRYPTION_KEY is replaced, as long as the key before it is set", async () => {
		const settings: Partial<Env> = {};
		const by = new Person(async (url, init) =>
			worker.fetch(new Request(url, init), { ...env, ...settings }, createExecutionContext()),
		);
		const clientId = await oauthClient().register("Test client", [redirectUri]);
		await by.authorize(await authorizationUrl({ clientId, redirectUri }));
		const asked = async () => (await by.get(await authorizationUrl({ clientId, redirectUri }))).status;
		Object.assign(settings, { COOKIE_ENCRYPTION_KEY: "n".repeat(32) });
		expect(await asked()).toBe(200);
		Object.assign(settings, { COOKIE_ENCRYPTION_KEY_PREVIOUS: env.COOKIE_ENCRYPTION_KEY });
		expect(await asked()).toBe(302);
	});

	it("covers offline_access, if the client asks for it each time", async () => {
		const by = person();
		const clientId = await oauthClient().register("Test client", [redirectUri]);
		const options = { clientId, redirectUri, scope: "tools offline_access" };
		await by.authorize(await authorizationUrl(options));
		expect((await by.get(await authorizationUrl(options))).status).toBe(302);
	});

	it("does not keep a client from having the person asked", async () => {
		const by = person();
		const clientId = await oauthClient().register("Test client", [redirectUri]);
		await by.authorize(await authorizationUrl({ clientId, redirectUri }));
		for (const prompt of ["consent", "login", "select_account consent"]) {
			const url = `${await authorizationUrl({ clientId, redirectUri })}&prompt=${encodeURIComponent(prompt)}`;
			expect((await by.get(url)).status).toBe(200);
		}
		expect((await by.get(await authorizationUrl({ clientId, redirectUri }))).status).toBe(302);
	});

	it("cannot be forged", async () => {
		const url = await authorizationUrl({ redirectUri });
		const response = await fetchWorker(url, {
			headers: { Cookie: "__Host-oauth-approvals=forged.signature" },
			redirect: "manual",
		});
		expect(response.status).toBe(200);
	});
});

describe("an authorization request", () => {
	async function openRefused(url: string): Promise<string> {
		const response = await person().get(url);
		expect(response.status).toBe(400);
		expect(response.headers.has("Location")).toBe(false);
		const text = readText(await response.text());
		expect(text).toContain("That did not work");
		expect(text).not.toContain("Safari");
		return text;
	}

	it.each(["nobody", "x".repeat(2000)])(
		"from an unknown client (%s) says how to make it forget this server",
		async (id) => {
			const text = await openRefused((await oauthClient().authorizationUrl(id)).url);
			expect(text).toContain("does not know the app");
			for (const how of ["Clear authentication", "Remove Dynamic Authentication Providers", "~/.mcp-auth"]) {
				expect(text).toContain(how);
			}
		},
	);

	it("to an address that the client did not register says so", async () => {
		const client = oauthClient();
		const clientId = await client.register();
		const redirectUri = "https://evil.example/cb";
		const text = await openRefused((await client.authorizationUrl(clientId, { redirectUri })).url);
		expect(text).toContain("an address that it did not register with this server");
		expect(text).toContain("Clear authentication");
		expect(text).not.toContain("evil.example");
	});

	it("to no address says so", async () => {
		const client = oauthClient();
		const url = new URL((await client.authorizationUrl(await client.register())).url);
		url.searchParams.delete("redirect_uri");
		expect(await openRefused(url.href)).toContain("did not say where to send you");
	});

	it("from a client whose description cannot be read, or that does not say who it is, is refused", async () => {
		await openRefused((await oauthClient().authorizationUrl("https://gone.example/client.json")).url);
		expect(await openRefused(`${LOCAL}/authorize`)).toContain("did not say which app it is");
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
