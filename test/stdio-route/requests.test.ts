/** Which requests to the stdio server go on to it, and where that may be. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { readStdioSettings } from "../../src/stdio/settings.ts";
import { INITIALIZE, mcp } from "../support/worker.ts";
import { envWith, fakeObjects, type Settings, sentenceOf, stdioToken, workerWith } from "./worker.ts";

const path = "/stdio/mcp";

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
