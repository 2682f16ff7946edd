import { describe, expect, it } from "vitest";
import { PROVIDERS } from "../support/identity/cases.ts";
import { Scene } from "../support/identity/server.ts";

/** Each waits for as long as the server does; so they wait together. */
describe.concurrent.each(PROVIDERS)("when $title never answers", (provider) => {
	it("the client is told to try later", async () => {
		const scene = await Scene.open(provider, { onCode: "silence" });
		const end = await scene.authorize();
		expect(end.searchParams.get("error")).toBe("temporarily_unavailable");
		expect(end.searchParams.has("code")).toBe(false);
	});

	it("a refresh answers that it is worth trying later, and then it works", async () => {
		const scene = await Scene.open(provider, { expiresIn: 100 });
		const tokens = await scene.signIn();
		await scene.behave({ expiresIn: 100, onRefresh: "silence" });
		const response = await scene.refresh(tokens);
		expect(response.status).toBe(503);
		expect(await response.json()).toMatchObject({ error: "temporarily_unavailable" });
		await scene.behave({ expiresIn: 100 });
		expect((await scene.refresh(tokens)).status).toBe(200);
	});
});
