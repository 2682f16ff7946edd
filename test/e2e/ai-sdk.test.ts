/** Apps built on Vercel's AI SDK. */
import type { MCPClient } from "@ai-sdk/mcp";
import { afterEach, describe, expect, inject, it } from "vitest";
import { type AiSdkOptions, connectAiSdk } from "./ai-sdk.ts";
import { MemoryOAuthProvider } from "./oauth-provider.ts";
import { ALL_TOOLS, ANYONES_TOOLS, addNumbers, callTool, listToolNames, pngSizeOf, textOf } from "./tool-client.ts";

const WAYS: { way: string; path: string; options: AiSdkOptions }[] = [
	{ way: "as it comes", path: "/mcp", options: { type: "http" } },
	{ way: "without version discovery", path: "/mcp", options: { type: "http", protocolVersionDiscovery: false } },
	{ way: "with HTTP+SSE", path: "/sse", options: { type: "sse" } },
];

const clients: MCPClient[] = [];

afterEach(async () => {
	for (const client of clients.splice(0)) await client.close();
});

describe.each(WAYS)("the AI SDK's client at $path, $way,", ({ path, options }) => {
	const connect = async (...rest: [answers?: Parameters<typeof connectAiSdk>[2], provider?: MemoryOAuthProvider]) => {
		const client = await connectAiSdk(inject("origin") + path, options, ...rest);
		clients.push(client);
		return client;
	};

	it("signs in, lists the tools and calls them", async () => {
		const client = await connect({ email: `${crypto.randomUUID()}@example.com` });
		expect(await listToolNames(client)).toEqual(ANYONES_TOOLS);
		expect(await addNumbers(client, 2, 3)).toBe("5");
		await callTool(client, "remember", { note: "naïve, ☃, 日本語" });
		expect(textOf(await callTool(client, "recall"))).toContain("naïve, ☃, 日本語");
		const refused = await callTool(client, "generateImage", { prompt: "a lighthouse" });
		expect(refused.isError).toBe(true);
		expect(textOf(refused)).toContain('needs the permission "image_generation"');
	});

	it("generates an image for a user who may", async () => {
		const client = await connect({ permissions: ["image_generation"] });
		expect(await listToolNames(client)).toEqual(ALL_TOOLS);
		const result = await callTool(client, "generateImage", { prompt: "a lighthouse" });
		expect(pngSizeOf(result)).toEqual({ width: 128, height: 128 });
	});

	it("refreshes an access token that is refused, and goes on without asking anyone", async () => {
		const provider = new MemoryOAuthProvider();
		const client = await connect({}, provider);
		const tokens = provider.requireTokens();
		provider.saveTokens({ ...tokens, access_token: "expired" });
		expect(await addNumbers(client, 2, 3)).toBe("5");
		expect(["expired", tokens.access_token]).not.toContain(provider.requireTokens().access_token);
		expect(provider.authorizationUrls).toHaveLength(1);
	});
});
