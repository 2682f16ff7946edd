/** `/health`, which a probe asks whether the server runs. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import worker, { server } from "#under-test";
import { fetchWorker, LOCAL } from "../support/worker.ts";

it("says that the server runs, its name and its version, and reads nothing for it", async () => {
	const read = vi.spyOn(env.OAUTH_KV, "get");
	const response = await fetchWorker(`${LOCAL}/health`);
	expect(response.status).toBe(200);
	expect(response.headers.get("Cache-Control")).toBe("no-store");
	const { name, version } = server.info;
	expect(await response.json()).toEqual({ status: "ok", name, version });
	expect((await fetchWorker(`${LOCAL}/health`, { method: "HEAD" })).status).toBe(200);
	expect(read).not.toHaveBeenCalled();
	expect((await fetchWorker(`${LOCAL}/health`, { method: "POST" })).status).toBe(404);
});

it("says 503 while the settings are wrong, and no value of them", async () => {
	const broken = { ...env, COOKIE_ENCRYPTION_KEY: "too short" };
	const response = await worker.fetch(new Request(`${LOCAL}/health`), broken, createExecutionContext());
	expect(response.status).toBe(503);
	const text = await response.text();
	expect(text).toContain("COOKIE_ENCRYPTION_KEY");
	expect(text).not.toContain("too short");
});
