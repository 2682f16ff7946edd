/** Apps built on `@modelcontextprotocol/sdk`, over both of its HTTP transports. */
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterEach, describe, expect, inject, it } from "vitest";
import type { Answers } from "../support/person.ts";
import { MemoryOAuthProvider } from "./oauth-provider.ts";
import { ALL_TOOLS, ANYONES_TOOLS, addNumbers, callTool, listToolNames, pngSizeOf, textOf } from "./tool-client.ts";

const TRANSPORTS = [
	{ path: "/mcp", Transport: StreamableHTTPClientTransport },
	{ path: "/mcp/", Transport: StreamableHTTPClientTransport },
	{ path: "/sse", Transport: SSEClientTransport },
	{ path: "/sse/", Transport: SSEClientTransport },
];

const origin = inject("origin");
const clients: Client[] = [];

afterEach(async () => {
	for (const client of clients.splice(0)) await client.close();
});

function newClient(): Client {
	const client = new Client({ name: "end-to-end-test", version: "1.0.0" });
	clients.push(client);
	return client;
}

describe.each(TRANSPORTS)("the SDK's client at $path", ({ path, Transport }) => {
	const newTransport = (authProvider: MemoryOAuthProvider) => new Transport(new URL(origin + path), { authProvider });

	/** Connects as the SDK's documentation shows: refused first, then signed in, then connected anew. */
	async function connect(provider: MemoryOAuthProvider, answers: Answers = {}): Promise<Client> {
		const refused = newTransport(provider);
		await expect(newClient().connect(refused)).rejects.toThrow(UnauthorizedError);
		const { code } = await provider.signIn(answers);
		await refused.finishAuth(code);
		const client = newClient();
		await client.connect(newTransport(provider));
		return client;
	}

	it("signs in, lists the tools and calls them", async () => {
		const client = await connect(new MemoryOAuthProvider(), { email: "carol@example.com" });
		expect(await listToolNames(client)).toEqual(ANYONES_TOOLS);
		expect(await addNumbers(client, 2, 3)).toBe("5");
		const { structuredContent } = await callTool(client, "whoami");
		expect(structuredContent).toMatchObject({ email: "carol@example.com", permissions: [] });
	});

	it("generates an image for a user who may", async () => {
		const client = await connect(new MemoryOAuthProvider(), { permissions: ["image_generation"] });
		expect(await listToolNames(client)).toEqual(ALL_TOOLS);
		const result = await callTool(client, "generateImage", { prompt: "a lighthouse" });
		expect(pngSizeOf(result)).toEqual({ width: 128, height: 128 });
	});

	it("refuses an image to a user who may not, even by name", async () => {
		const client = await connect(new MemoryOAuthProvider());
		const result = await callTool(client, "generateImage", { prompt: "a lighthouse" });
		expect(result.isError).toBe(true);
		expect(textOf(result)).toContain('needs the permission "image_generation"');
	});

	it("refreshes an access token that is refused, and goes on without asking anyone", async () => {
		const provider = new MemoryOAuthProvider();
		const client = await connect(provider);
		const tokens = provider.requireTokens();
		provider.saveTokens({ ...tokens, access_token: "expired" });
		expect(await addNumbers(client, 2, 3)).toBe("5");
		expect(["expired", tokens.access_token]).not.toContain(provider.requireTokens().access_token);
		expect(provider.authorizationUrls).toHaveLength(1);
	});

	it("is signed out when it revokes its refresh token", async () => {
		const provider = new MemoryOAuthProvider();
		const client = await connect(provider);
		const { access_token, refresh_token } = provider.requireTokens();
		await revoke(refresh_token, provider);
		expect(await statusWith(access_token)).toBe(401);
		await expect(addNumbers(client, 2, 3)).rejects.toThrow(UnauthorizedError);
		expect(provider.authorizationUrls).toHaveLength(2);
	});

	it("loses the one access token that it revokes", async () => {
		const provider = new MemoryOAuthProvider();
		const client = await connect(provider);
		const { access_token } = provider.requireTokens();
		await revoke(access_token, provider);
		expect(await statusWith(access_token)).toBe(401);
		expect(await addNumbers(client, 2, 3)).toBe("5");
		expect(provider.requireTokens().access_token).not.toBe(access_token);
	});

	async function statusWith(accessToken: string): Promise<number> {
		const headers = { Accept: "text/event-stream", Authorization: `Bearer ${accessToken}` };
		const response = await fetch(origin + path, { headers });
		await response.body?.cancel();
		return response.status;
	}
});

/** RFC 7009 section 2.1, at the endpoint that the metadata names. */
async function revoke(token: string, provider: MemoryOAuthProvider): Promise<void> {
	const metadata = await (await fetch(`${origin}/.well-known/oauth-authorization-server`)).json();
	const { revocation_endpoint } = metadata as { revocation_endpoint: string };
	const body = new URLSearchParams({ token, client_id: provider.clientInformation()?.client_id ?? "" });
	const response = await fetch(revocation_endpoint, { method: "POST", body });
	expect(response.status).toBe(200);
}
