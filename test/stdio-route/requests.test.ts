/** Which requests to the stdio server go on to it, and where that may be. */
import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { readStdioSettings } from "../../src/stdio/settings.ts";
import { INITIALIZE, mcp } from "../support/worker.ts";
import { envWith, fakeObjects, type Settings, sentenceOf, stdioToken, workerWith } from "./worker.ts";

const path = "/stdio/mcp";

afterEach(() => vi.restoreAllMocks());

it("of another method, or to another path, gets nowhere", async () => {
	const token = await stdioToken();
	const { objects, asked } = fakeObjects();
	const via = workerWith({ STDIO_LOCAL_OBJECT: objects });
	expect((await mcp(INITIALIZE, { token, path, method: "PUT", via })).status).toBe(405);
	for (const other of ["/stdio", "/stdio/health", "/stdio/pipe", "/stdio/mcp/x", "/stdio/mcp/../health"]) {
		expect((await mcp(INITIALIZE, { token, path: other, via })).status, other).toBe(404);
	}
	expect(asked).toEqual([]);
});

it("is told to try again, with its id, while the object cannot be reached", async () => {
	vi.spyOn(console, "error").mockReturnValue(undefined);
	const token = await stdioToken();
	const broken = new Proxy(env.STDIO_LOCAL_OBJECT, {
		get: () => () => {
			throw new Error("Network connection lost.");
		},
	});
	const response = await mcp(
		{ ...INITIALIZE, id: 7 },
		{ token, path, via: workerWith({ STDIO_LOCAL_OBJECT: broken }) },
	);
	expect(response.status).toBe(503);
	expect(response.headers.get("Retry-After")).toBe("30");
	expect(await response.json()).toMatchObject({ id: 7, error: { message: expect.stringContaining("Try again") } });
	const { objects } = fakeObjects();
	const via = workerWith({ STDIO_LOCAL_OBJECT: objects });
	expect((await mcp(INITIALIZE, { token, path, via })).status).toBe(200);
});

it("is not sent anywhere but to this computer", async () => {
	const wrong = [
		"http://10.0.0.1:8790",
		"https://bridge.example",
		"http://127.0.0.1:8790/",
		"localhost:8790",
		"file:///x",
	];
	for (const STDIO_URL of [...wrong, "http://127.0.0.1.example", "http://localhost@example.com"]) {
		expect(readStdioSettings({ ...env, STDIO_URL }).place, STDIO_URL).toBeUndefined();
		const response = await mcp(INITIALIZE, { path, via: workerWith({ STDIO_URL }) });
		expect(response.status).toBe(503);
		expect(await sentenceOf(response)).toMatch(/STDIO_URL takes the address of a bridge on this computer/);
	}
	for (const url of ["http://127.0.0.1:8790", "http://localhost:1", "http://[::1]:8790"]) {
		expect(readStdioSettings(envWith({ STDIO_URL: url })).place).toEqual({
			url,
			secret: "a secret",
		});
	}
});

it("waits for the secret of what is there", async () => {
	const response = await mcp(INITIALIZE, { path, via: workerWith({ STDIO_PIPE_SECRET: "" } as Settings) });
	expect(response.status).toBe(503);
	expect(await sentenceOf(response)).toContain("STDIO_URL needs STDIO_PIPE_SECRET");
});
