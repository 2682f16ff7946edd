/** Apps built on `@modelcontextprotocol/client`, the second version of the SDK. */
import {
	Client,
	type ClientOptions,
	StreamableHTTPClientTransport,
	UnauthorizedError,
} from "@modelcontextprotocol/client";
import { afterEach, describe, expect, inject, it } from "vitest";
import type { Answers } from "../support/person.ts";
import { MemoryOAuthProvider } from "./oauth-provider.ts";
import { ANYONES_TOOLS, addNumbers, callTool, listToolNames, pngSizeOf, textOf } from "./tool-client.ts";

const origin = inject("origin");
const clients: Client[] = [];

afterEach(async () => {
	for (const client of clients.splice(0)) await client.close();
});

function newClient(options: ClientOptions): Client {
	const client = new Client({ name: "end-to-end-test", version: "1.0.0" }, options);
	clients.push(client);
	return client;
}

async function connect(options: ClientOptions, answers: Answers = {}) {
	const authProvider = new MemoryOAuthProvider();
	const newTransport = () => new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), { authProvider });
	const refused = newTransport();
	await expect(newClient(options).connect(refused)).rejects.toThrow(UnauthorizedError);
	const { code, iss } = await authProvider.signIn(answers);
	await refused.finishAuth(code, iss);
	const client = newClient(options);
	const transport = newTransport();
	await client.connect(transport);
	return { client, transport, authProvider };
}

describe.each<{ title: string; options: ClientOptions; version: string }>([
	{ title: "by default", options: {}, version: "2025-11-25" },
	{
		title: "that negotiates the version",
		options: { versionNegotiation: { mode: "auto" } },
		version: "2026-07-28",
	},
])("the second SDK's client $title", ({ options, version }) => {
	it(`signs in, speaks ${version}, lists the tools and calls them`, async () => {
		const { client } = await connect(options);
		expect(client.getNegotiatedProtocolVersion()).toBe(version);
		expect(await listToolNames(client)).toEqual(ANYONES_TOOLS);
		expect(await addNumbers(client, 2, 3)).toBe("5");
		const refused = await callTool(client, "generateImage", { prompt: "a lighthouse" });
		expect(textOf(refused)).toContain('needs the permission "image_generation"');
	});

	it("generates an image for a user who may", async () => {
		const { client } = await connect(options, { permissions: ["image_generation"] });
		const result = await callTool(client, "generateImage", { prompt: "a lighthouse" });
		expect(pngSizeOf(result)).toEqual({ width: 128, height: 128 });
	});

	it("asks for a scope that was left unticked, once a tool needs it", async () => {
		const permissions = ["image_generation"];
		const { client, transport, authProvider } = await connect(options, { permissions, scopes: ["tools"] });
		const draw = () => callTool(client, "generateImage", { prompt: "a lighthouse" });
		await expect(draw()).rejects.toThrow(UnauthorizedError);
		// The challenge names the first two; the client adds the third, since the server's metadata lists it.
		expect(authProvider.authorizationUrls.at(-1)?.searchParams.get("scope")).toBe("tools images offline_access");
		const { code, iss } = await authProvider.signIn({ permissions });
		await transport.finishAuth(code, iss);
		expect(pngSizeOf(await draw())).toEqual({ width: 128, height: 128 });
	});
});
