/** Ctrl-C and `npm start` again: what a restart of the server must not cost its users. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { MemoryOAuthProvider } from "./oauth-provider.ts";
import { isListening, type RunningServer, startServer } from "./server.ts";
import { fetchOverHttp } from "./sign-in.ts";
import { addNumbers, callTool } from "./tool-client.ts";

let persistTo: string;
let server: RunningServer;

beforeEach(async () => {
	persistTo = await mkdtemp(join(tmpdir(), "e2e-restart-"));
	server = await startServer({ persistTo });
});

afterEach(async () => {
	await server.stop();
	await rm(persistTo, { recursive: true, force: true, maxRetries: 5 });
});

async function restart(): Promise<void> {
	await server.stop();
	server = await startServer({ persistTo, port: server.port });
}

it.each(["SIGINT", "SIGTERM"] as const)("%s ends the server, and nothing is left listening", async (signal) => {
	const exit = await server.stop(signal);
	// npm ends by the signal that it was sent; a shell shows 130 for SIGINT.
	expect([
		{ code: 0, signal: null },
		{ code: 130, signal: null },
		{ code: null, signal },
	]).toContainEqual(exit);
	expect(await isListening(server.port)).toBe(false);
});

it("a client goes on in the same session with the same token, and the user has their notes", async () => {
	const authProvider = new MemoryOAuthProvider();
	const newTransport = () => new StreamableHTTPClientTransport(new URL(`${server.origin}/mcp`), { authProvider });
	const refused = newTransport();
	await expect(new Client({ name: "e2e", version: "1" }).connect(refused)).rejects.toThrow(UnauthorizedError);
	await refused.finishAuth((await authProvider.signIn()).code);
	const client = new Client({ name: "e2e", version: "1" });
	const transport = newTransport();
	await client.connect(transport);
	try {
		expect(await addNumbers(client, 2, 3)).toBe("5");
		await callTool(client, "remember", { note: "kept over a restart" });
		const { sessionId } = transport;
		const { access_token } = authProvider.requireTokens();

		await restart();

		expect(await addNumbers(client, 3, 4)).toBe("7");
		expect(JSON.stringify(await callTool(client, "recall", {}))).toContain("kept over a restart");
		expect(transport.sessionId).toBe(sessionId);
		expect(authProvider.requireTokens().access_token).toBe(access_token);
	} finally {
		await client.close();
	}
});

it("a person's consent stays remembered", async () => {
	const person = new Person(fetchOverHttp);
	const client = new OAuthClient(fetchOverHttp, server.origin);
	const redirectUri = "https://app.example/callback";
	const clientId = await client.register("App on the web", [redirectUri]);
	const { url } = await client.authorizationUrl(clientId, { redirectUri });
	await person.authorize(url);

	await restart();

	const response = await person.get(url);
	expect(response.status).toBe(302);
	expect(response.headers.get("Location")).toMatch(/^\/sign-in\?/);
});
