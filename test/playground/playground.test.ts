/** The playground's page and files, and where its sign-in may come back to. */
import { expect, it } from "vitest";
import { fetchWorker, LOCAL } from "../support/worker.ts";

const policyOf = async (path: string) => (await fetchWorker(LOCAL + path)).headers.get("Content-Security-Policy");

it("runs scripts of this origin only, and no other page does", async () => {
	expect(await policyOf("/playground")).toContain("script-src 'self';");
	expect(await policyOf("/account")).toContain("script-src 'none'");
});

it("has its program from the assets, and nothing else is served from there", async () => {
	const program = await fetchWorker(`${LOCAL}/playground/playground.js`);
	expect(program.status).toBe(200);
	expect(program.headers.get("Content-Type")).toContain("javascript");
	expect(program.headers.get("Cache-Control")).toBe("no-cache");
	expect(program.headers.get("X-Content-Type-Options")).toBe("nosniff");
	await program.body?.cancel();
	expect((await fetchWorker(`${LOCAL}/playground/other.js`)).status).toBe(404);
});

it.each([
	["/playground", 201],
	["/playground/", 400],
	["/playground?next=1", 400],
	["/account", 400],
])("a client that names %s of this server as its redirect URI gets %i", async (path, status) => {
	const response = await fetchWorker(`${LOCAL}/register`, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ redirect_uris: [LOCAL + path], token_endpoint_auth_method: "none" }),
	});
	expect(response.status).toBe(status);
	await response.body?.cancel();
});
