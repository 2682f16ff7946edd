/** A server without the playground: nothing of it is served, and nothing may come back to it. */
import { expect, it } from "vitest";
import { fetchWorker, LOCAL } from "../support/worker.ts";

it.each(["/playground", "/playground/playground.js", "/playground/style.css"])("does not serve %s", async (path) => {
	const response = await fetchWorker(LOCAL + path);
	await response.body?.cancel();
	expect(response.status).toBe(404);
	expect((await fetchWorker(LOCAL)).status).toBe(200);
});

it.each([
	[`${LOCAL}/playground`, 400],
	["http://localhost:33418/playground", 201],
])("answers the registration of %s with %i", async (redirectUri, status) => {
	const response = await fetchWorker(`${LOCAL}/register`, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ redirect_uris: [redirectUri], token_endpoint_auth_method: "none" }),
	});
	await response.body?.cancel();
	expect(response.status).toBe(status);
});
