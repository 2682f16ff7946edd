import { parse } from "node-html-parser";
import { describe, expect, it } from "vitest";
import { caseOf, EVERY_PROVIDER } from "../support/identity/cases.ts";
import { ORIGIN, Scene, Server } from "../support/identity/server.ts";
import { fillIn, type Person, readText } from "../support/person.ts";

const GITHUB = caseOf("github");

/** A browser that comes back from GitHub, and has not yet opened the callback. */
async function comeBack(server: Server, login = "person42"): Promise<{ by: Person; callback: string }> {
	const by = server.person();
	const client = server.client();
	const { url } = await client.authorizationUrl(await client.register());
	const consent = fillIn(await (await by.get(url)).text(), {});
	const toProvider = (await by.post(ORIGIN + consent.action, consent.fields)).headers.get("Location") ?? "";
	const page = fillIn(await (await by.get(toProvider)).text(), { login });
	const back = await by.post(new URL(page.action, toProvider).href, page.fields);
	return { by, callback: back.headers.get("Location") ?? "" };
}

async function expectPage(response: Response, status: number): Promise<string> {
	expect(response.status).toBe(status);
	expect(response.headers.has("Location")).toBe(false);
	return readText(await response.text());
}

describe("the callback", () => {
	it("works once: opened again, it is a page that says to start again", async () => {
		const scene = await Scene.open(GITHUB);
		const { by, callback } = await comeBack(scene);
		expect((await by.get(callback)).headers.get("Location")).toContain("code=");
		expect(await expectPage(await by.get(callback), 400)).toContain("connect again");
	});

	it("opened in another browser is a page, and still works in the first", async () => {
		const scene = await Scene.open(GITHUB);
		const { by, callback } = await comeBack(scene);
		expect(await expectPage(await scene.person().get(callback), 400)).toContain("connect again");
		expect((await by.get(callback)).headers.get("Location")).toContain("code=");
	});

	it.each(["", "?code=a", "?state=made-up", "?error=access_denied", "?code=a&state=made-up"])(
		"with “%s” and nothing that was started is a page that says to start again",
		async (search) => {
			const scene = await Scene.open(GITHUB);
			const page = await expectPage(await scene.person().get(`${ORIGIN}/callback${search}`), 400);
			expect(page).toContain("connect again");
		},
	);

	it("with neither a code nor an error lets nobody in", async () => {
		const scene = await Scene.open(GITHUB);
		const { by, callback } = await comeBack(scene);
		const url = new URL(callback);
		url.searchParams.delete("code");
		const location = (await by.get(url.href)).headers.get("Location") ?? "";
		expect(new URL(location).searchParams.has("error")).toBe(true);
		expect(new URL(location).searchParams.has("code")).toBe(false);
	});

	/** Opens the callback as if GitHub had answered with an error. */
	async function openWithError(error: string, description = "A text of GitHub's own"): Promise<Response> {
		const { by, callback } = await comeBack(await Scene.open(GITHUB));
		const url = new URL(callback);
		url.searchParams.delete("code");
		url.searchParams.set("error", error);
		url.searchParams.set("error_description", description);
		return by.get(url.href);
	}

	it.each([
		["redirect_uri_mismatch", `At GitHub, in the app that GITHUB_CLIENT_ID belongs to`],
		["application_suspended", "GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET"],
		["invalid_client", "GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET"],
		["unauthorized_client", "GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET"],
		["invalid_scope", "The server’s log has what GitHub answered"],
		["invalid_request", "The server’s log has what GitHub answered"],
		["an_error_of_its_own", "The server’s log has what GitHub answered"],
	])(
		"with %s tells the administrator what to mend, and the client only when the person goes back",
		async (error, advice) => {
			const response = await openWithError(error, "<script>alert(1)</script>");
			expect(response.status).toBe(500);
			expect(response.headers.has("Location")).toBe(false);
			const html = await response.text();
			expect(readText(html)).toContain(advice);
			expect(html).not.toMatch(/declined|alert\(1\)/);
			const back = new URL(parse(html).querySelector("a[href*='error=']")?.getAttribute("href") ?? "");
			expect(back.searchParams.get("error")).toBe("server_error");
			expect(back.searchParams.get("state")).toBe("client-state");
		},
	);

	it.each(["access_denied", "login_required", "consent_required"])(
		"with %s tells the client at once",
		async (error) => {
			const location = new URL((await openWithError(error)).headers.get("Location") ?? "");
			expect(location.searchParams.get("error")).toBe("access_denied");
			expect(location.href).not.toContain("own");
		},
	);

	// The state is that of a sign-in under another address, whose cookie does not come here.
	const MISMATCH = "error=redirect_uri_mismatch&error_description=The+redirect_uri+MUST+match&state=unknown";

	it.each(["/callback", "/", "/oauth/callback", "/mcp"])(
		"that GitHub has on file (%s), where it is another one, says which to enter there",
		async (path) => {
			const servers = [new Server(GITHUB.settings("one")), new Server(EVERY_PROVIDER)];
			for (const server of servers) {
				const response = await server.person().get(`${ORIGIN}${path}?${MISMATCH}`);
				expect(response.status).toBe(500);
				const html = await response.text();
				expect(parse(html).querySelectorAll("pre")[0]?.text).toBe(`${ORIGIN}/callback`);
				// A server may have two names, and GitHub only one of them.
				expect(parse(html).querySelectorAll("pre")[1]?.text).toBe(`${ORIGIN}/mcp`);
				const text = readText(html);
				expect(text).toContain("GitHub does not have this server’s callback URL");
				expect(text).toContain("in the app that GITHUB_CLIENT_ID belongs to");
				expect(html).not.toMatch(/Safari|MUST|declined/);
			}
		},
	);

	it.each(["temporarily_unavailable", "server_error"])(
		"with the provider's %s does not say that somebody declined",
		async (error) => {
			const scene = await Scene.open(GITHUB);
			const { by, callback } = await comeBack(scene);
			const url = new URL(callback);
			url.searchParams.delete("code");
			url.searchParams.set("error", error);
			const location = (await by.get(url.href)).headers.get("Location") ?? "";
			expect(new URL(location).searchParams.get("error")).toMatch(/^(temporarily_unavailable|server_error)$/);
		},
	);

	it("of a provider that is not offered any more is a page that says so", async () => {
		const scene = await Scene.open(GITHUB);
		const { by, callback } = await comeBack(scene);
		const changed = new Server(caseOf("google").settings("changed-google"));
		const headers = { Cookie: by.cookiesOf(ORIGIN), Accept: "text/html" };
		const page = await expectPage(await changed.fetch(callback, { headers, redirect: "manual" }), 400);
		expect(page).toContain("not offered any more");
		expect(await scene.requests()).toEqual([]);
	});
});
