/** The playground's page and files, and where its sign-in may come back to. */
import { describe, expect, it } from "vitest";
import { DEPLOYED, fetchWorker, LOCAL, oauthClient } from "../support/worker.ts";

const PROGRAM = `${LOCAL}/playground/playground.js`;

/** The status; the body is not read. */
async function statusOf(url: string, init?: RequestInit): Promise<number> {
	const response = await fetchWorker(url, { redirect: "manual", ...init });
	await response.body?.cancel();
	return response.status;
}

async function policyOf(path: string): Promise<string> {
	const response = await fetchWorker(LOCAL + path);
	await response.body?.cancel();
	return response.headers.get("Content-Security-Policy") ?? "";
}

it("runs scripts of this origin only, and no other page does", async () => {
	expect(await policyOf("/playground")).toContain("script-src 'self';");
	expect(await policyOf("/playground")).not.toContain("unsafe");
	expect(await policyOf("/account")).toContain("script-src 'none'");
});

it.each(["playground.js", "style.css"])("has %s from the assets, with the headers of a page", async (file) => {
	const asset = await fetchWorker(`${LOCAL}/playground/${file}`);
	expect(asset.status).toBe(200);
	expect(asset.headers.get("Content-Type")).toMatch(/javascript|css/);
	expect(asset.headers.get("Cache-Control")).toBe("no-cache");
	expect(asset.headers.get("X-Content-Type-Options")).toBe("nosniff");
	await asset.body?.cancel();
});

it("a browser that has the program already gets no second copy", async () => {
	const first = await fetchWorker(PROGRAM);
	await first.body?.cancel();
	const tag = first.headers.get("ETag") ?? "";
	expect(tag).not.toBe("");
	expect(await statusOf(PROGRAM, { headers: { "If-None-Match": tag } })).toBe(304);
	expect(await statusOf(PROGRAM, { headers: { "If-None-Match": '"another"' } })).toBe(200);
	const head = await fetchWorker(PROGRAM, { method: "HEAD" });
	expect([head.status, await head.text()]).toEqual([200, ""]);
});

it.each([
	"/playground/",
	"/playground/other.js",
	"/playground/playground.js/",
	"/playground/playground",
	"/playground/index.html",
	"/playground.js",
	"/style.css",
])("nothing else is served from there: %s", async (path) => {
	expect(await statusOf(LOCAL + path)).toBe(404);
});

it.each(["/playground", "/playground/playground.js"])("a POST to %s is refused", async (path) => {
	expect([404, 405]).toContain(await statusOf(LOCAL + path, { method: "POST", headers: { Origin: LOCAL } }));
	expect(await statusOf(LOCAL + path)).toBe(200);
});

it.each(["/playground", "/playground/playground.js", "/playground/style.css"])(
	"plain HTTP under another name is refused at %s",
	async (path) => {
		expect(await statusOf(`http://evil.example.com${path}`)).toBe(403);
		expect(await statusOf(LOCAL + path)).toBe(200);
	},
);

describe.each([
	["/playground", true],
	["/playground/", false],
	["/playground?next=1", false],
	["/playground/playground.js", false],
	["/Playground", false],
	["/account", false],
	["/", false],
	["/callback", false],
])("the address %s of this server as a redirect URI", (path, isAccepted) => {
	it(isAccepted ? "is registered" : "is not registered", async () => {
		const body = JSON.stringify({ redirect_uris: [LOCAL + path], token_endpoint_auth_method: "none" });
		const headers = { "Content-Type": "application/json" };
		const status = await statusOf(`${LOCAL}/register`, { method: "POST", headers, body });
		expect(status).toBe(isAccepted ? 201 : 400);
	});

	it(isAccepted ? "is asked for" : "is not asked for, if the client has registered the playground", async () => {
		const client = oauthClient();
		const clientId = await client.register("Playground", [`${LOCAL}/playground`]);
		const { url } = await client.authorizationUrl(clientId, { redirectUri: LOCAL + path });
		expect(await statusOf(url)).toBe(isAccepted ? 200 : 400);
	});
});

it("the playground of another server is no page of this one", async () => {
	const body = JSON.stringify({ redirect_uris: [`${DEPLOYED}/playground`], token_endpoint_auth_method: "none" });
	const headers = { "Content-Type": "application/json" };
	// Registered as any app's; the consent page then names its host.
	expect(await statusOf(`${LOCAL}/register`, { method: "POST", headers, body })).toBe(201);
});
