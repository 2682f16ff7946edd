import { describe, expect, it } from "vitest";
import { REDIRECT_URI } from "../support/oauth-client.ts";
import { fillIn, type Person, readText } from "../support/person.ts";
import { askTool, LOCAL, oauthClient, openSession, person, signIn } from "../support/worker.ts";

/** A browser that has allowed a client and now sees the sign-in page. */
async function reachSignIn(by: Person = person()): Promise<{ by: Person; callback: string; text: string }> {
	const client = oauthClient();
	const { url } = await client.authorizationUrl(await client.register());
	const consent = fillIn(await (await by.get(url)).text(), {});
	const allowed = await by.post(LOCAL + consent.action, consent.fields);
	const html = await (await by.get(LOCAL + allowed.headers.get("Location"))).text();
	return { by, callback: LOCAL + fillIn(html, {}).action, text: readText(html) };
}

describe("the built-in sign-in", () => {
	it("lets in anyone who types an email address, as themselves", async () => {
		const { access_token: token } = await signIn({ email: "  Bob@Example.com " });
		const session = await openSession(token);
		const { structuredContent } = await askTool("caller", {}, { token, session });
		expect(structuredContent).toMatchObject({
			id: "local-bob@example.com",
			provider: "local",
			login: "bob@example.com",
		});
	});

	it("takes an address without a domain's dots, as people type when they try things", async () => {
		expect((await signIn({ email: "me@localhost" })).access_token).toBeTruthy();
	});

	it.each(["", "alice", "a:b@example.com", "a@b@c", `${"x".repeat(260)}@example.com`])(
		"asks again for an address that is none (%s), and goes on from there",
		async (email) => {
			const { by, callback } = await reachSignIn();
			const rejected = await by.post(callback, [["email", email]]);
			expect(rejected.status).toBe(400);
			const html = await rejected.text();
			expect(readText(html)).toContain("is not an email address");
			const corrected = await by.post(LOCAL + fillIn(html, {}).action, [["email", "alice@example.com"]]);
			expect(corrected.headers.get("Location")).toContain("code=");
		},
	);

	it("names the app, and sends a person who cancels back to it", async () => {
		const { by, callback, text } = await reachSignIn();
		expect(text).toContain("Sign in so that Test client can use this server.");
		const cancelled = await by.post(callback, [["decision", "cancel"]]);
		const end = new URL(cancelled.headers.get("Location") ?? "");
		expect(end.origin + end.pathname).toBe(REDIRECT_URI);
		expect(Object.fromEntries(end.searchParams)).toMatchObject({ error: "access_denied", state: "client-state" });
		expect(end.searchParams.has("code")).toBe(false);
		expect((await by.post(callback, [["email", "alice@example.com"]])).status).toBe(400);
	});

	it("shows what was typed as text", async () => {
		const { by, callback } = await reachSignIn();
		const html = await (await by.post(callback, [["email", `"><script>alert(1)</script>`]])).text();
		expect(html).not.toContain("<script>");
	});

	it("gives only permissions that exist", async () => {
		const permissions = ["administrator", "image_generation", "constructor"];
		const { access_token: token } = await signIn({ permissions });
		const { structuredContent } = await askTool("caller", {}, { token, session: await openSession(token) });
		expect(structuredContent?.permissions).toEqual(["image_generation"]);
	});

	it("cannot be finished from another browser, with a made-up state, or twice", async () => {
		const { by, callback } = await reachSignIn();
		const email: [string, string][] = [["email", "alice@example.com"]];
		expect((await person().post(callback, email)).status).toBe(400);
		expect((await by.post(`${LOCAL}/callback?state=made-up`, email)).status).toBe(400);
		expect((await by.post(`${LOCAL}/callback`, email)).status).toBe(400);
		expect((await by.post(callback, email)).status).toBe(302);
		expect((await by.post(callback, email)).status).toBe(400);
	});
});

describe("the sign-in page", () => {
	const open = async (url: string, by = person()) => {
		const response = await by.get(url);
		const html = await response.text();
		return { status: response.status, text: readText(html), hasForm: html.includes("<form") };
	};

	it("is a form for a sign-in that was started in this browser, as often as it is opened", async () => {
		const { by, callback } = await reachSignIn();
		const url = callback.replace("/callback", "/sign-in");
		for (let visit = 0; visit < 2; visit++) expect(await open(url, by)).toMatchObject({ status: 200, hasForm: true });
		expect((await by.post(callback, [["email", "alice@example.com"]])).headers.get("Location")).toContain("code=");
	});

	it.each(["/sign-in", "/sign-in?state=", "/sign-in?state=made-up"])(
		"is no form that cannot succeed (%s)",
		async (path) => {
			const { status, text, hasForm } = await open(LOCAL + path);
			expect([status, hasForm]).toEqual([400, false]);
			expect(text).toContain("connect again");
			expect(text).not.toContain("Safari");
		},
	);

	it("says so after it was used, and in another browser", async () => {
		const { by, callback } = await reachSignIn();
		const url = callback.replace("/callback", "/sign-in");
		const elsewhere = await open(url);
		expect(elsewhere).toMatchObject({ status: 400, hasForm: false });
		expect(elsewhere.text).toMatch(/not started in this browser.*Safari/s);
		await by.post(callback, [["email", "alice@example.com"]]);
		const used = await open(url, by);
		expect(used).toMatchObject({ status: 400, hasForm: false });
		expect(used.text).toContain("already used");
		const wrongEmail = await by.post(callback, [["email", "none"]]);
		expect(wrongEmail.status).toBe(400);
		expect(await wrongEmail.text()).not.toContain("<form");
	});

	it("speaks of Safari only where there is no https", async () => {
		const { callback } = await reachSignIn();
		const response = await person().get(callback.replace("http:", "https:").replace("/callback", "/sign-in"));
		const text = readText(await response.text());
		expect(text).toContain("not started in this browser");
		expect(text).not.toContain("Safari");
	});
});
