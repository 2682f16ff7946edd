import { describe, expect, it } from "vitest";
import { fillIn, type Person, readText } from "../support/person.ts";
import { askTool, DEPLOYED, fetchWorker, LOCAL, oauthClient, openSession, person, signIn } from "../support/worker.ts";

/** A browser that has allowed a client and now sees the sign-in page. */
async function reachSignIn(by: Person = person()): Promise<{ by: Person; callback: string }> {
	const client = oauthClient();
	const { url } = await client.authorizationUrl(await client.register());
	const consent = fillIn(await (await by.get(url)).text(), {});
	const allowed = await by.post(LOCAL + consent.action, consent.fields);
	const page = await by.get(LOCAL + allowed.headers.get("Location"));
	return { by, callback: LOCAL + fillIn(await page.text(), {}).action };
}

describe("the built-in sign-in", () => {
	it("lets in anyone who types an email address, as themselves", async () => {
		const { access_token: token } = await signIn({ email: "  Bob@Example.com " });
		const session = await openSession(token);
		const { structuredContent } = await askTool("whoami", {}, { token, session });
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

	it("shows what was typed as text", async () => {
		const { by, callback } = await reachSignIn();
		const html = await (await by.post(callback, [["email", `"><script>alert(1)</script>`]])).text();
		expect(html).not.toContain("<script>");
	});

	it("gives only permissions that exist", async () => {
		const { by, callback } = await reachSignIn();
		const response = await by.post(callback, [
			["email", "alice@example.com"],
			["permission", "administrator"],
		]);
		expect(response.headers.has("Location")).toBe(false);
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

describe("a deployed server without an identity provider", () => {
	it.each([
		["GET", "/authorize"],
		["POST", "/authorize"],
		["GET", "/sign-in"],
		["POST", "/callback?state=x"],
	])("explains at %s %s what to configure, and lets nobody in", async (method, path) => {
		const response = await fetchWorker(DEPLOYED + path, {
			method,
			headers: { Accept: "text/html" },
			redirect: "manual",
			...(method === "POST" && { body: new URLSearchParams({ email: "alice@example.com" }) }),
		});
		expect(response.status).toBe(503);
		expect(readText(await response.text())).toMatch(/no identity provider.*wrangler secret put/s);
		expect(response.headers.has("Set-Cookie")).toBe(false);
	});
});
