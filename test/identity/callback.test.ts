import { describe, expect, it } from "vitest";
import { caseOf } from "../support/identity/cases.ts";
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

	it("with an error of the provider's own shows none of it, and tells the client", async () => {
		const scene = await Scene.open(GITHUB);
		const { by, callback } = await comeBack(scene);
		const url = new URL(callback);
		url.searchParams.delete("code");
		url.searchParams.set("error", "application_suspended");
		url.searchParams.set("error_description", "<script>alert(1)</script>");
		const location = (await by.get(url.href)).headers.get("Location") ?? "";
		expect(new URL(location).searchParams.get("error")).toBeTruthy();
		expect(location).not.toMatch(/alert|suspended/);
	});

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
