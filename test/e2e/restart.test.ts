/** Ctrl-C and `npm start` again: what a restart of the server must not cost its users. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OAuthClient } from "../support/oauth-client.ts";
import { Person } from "../support/person.ts";
import { MemoryOAuthProvider } from "./oauth-provider.ts";
import { type Exit, isListening, type RunningServer, startServer } from "./server.ts";
import { fetchOverHttp } from "./sign-in.ts";
import { addNumbers, callTool } from "./tool-client.ts";

let persistTo: string;
let server: RunningServer;

beforeAll(async () => {
	persistTo = await mkdtemp(join(tmpdir(), "e2e-restart-"));
	server = await startServer({ persistTo });
});

afterAll(async () => {
	await server.stop();
	await rm(persistTo, { recursive: true, force: true, maxRetries: 5 });
});

/** An app with a session and a user who has a note. */
async function connectApp() {
	const authProvider = new MemoryOAuthProvider();
	const newTransport = () => new StreamableHTTPClientTransport(new URL(`${server.origin}/mcp`), { authProvider });
	const refused = newTransport();
	await expect(new Client({ name: "e2e", version: "1" }).connect(refused)).rejects.toThrow(UnauthorizedError);
	const { code } = await authProvider.signIn({ email: `${crypto.randomUUID()}@example.com` });
	await refused.finishAuth(code);
	const client = new Client({ name: "e2e", version: "1" });
	const transport = newTransport();
	await client.connect(transport);
	expect(await addNumbers(client, 2, 3)).toBe("5");
	await callTool(client, "remember", { note: "kept over a restart" });
	return { client, ids: () => [transport.sessionId, authProvider.requireTokens().access_token] };
}

/** A person who has allowed an app on the web, and where that app sends them. */
async function consent() {
	const person = new Person(fetchOverHttp);
	const client = new OAuthClient(fetchOverHttp, server.origin);
	const redirectUri = "https://app.example/callback";
	const clientId = await client.register("App on the web", [redirectUri]);
	const { url } = await client.authorizationUrl(clientId, { redirectUri });
	await person.authorize(url);
	return { person, url };
}

describe.each(["SIGINT", "SIGTERM"] as const)("%s", (signal) => {
	let app: Awaited<ReturnType<typeof connectApp>>;
	let before: ReturnType<typeof app.ids>;
	let consented: Awaited<ReturnType<typeof consent>>;
	let exit: Exit;
	let wasListening: boolean;

	beforeAll(async () => {
		[app, consented] = [await connectApp(), await consent()];
		before = app.ids();
		exit = await server.stop(signal);
		wasListening = await isListening(server.port);
		server = await startServer({ persistTo, port: server.port });
		return () => app.client.close();
	});

	it("ends the server, and nothing is left listening", () => {
		// npm ends by the signal that it was sent; a shell shows 130 for SIGINT.
		expect([
			{ code: 0, signal: null },
			{ code: 130, signal: null },
			{ code: null, signal },
		]).toContainEqual(exit);
		expect(wasListening).toBe(false);
	});

	it("and a start: a client goes on in the same session with the same token, and the user has their notes", async () => {
		expect(await addNumbers(app.client, 3, 4)).toBe("7");
		expect(JSON.stringify(await callTool(app.client, "recall", {}))).toContain("kept over a restart");
		expect(app.ids()).toEqual(before);
	});

	it("and a start: a person's consent stays remembered", async () => {
		const response = await consented.person.get(consented.url);
		expect(response.status).toBe(302);
		expect(response.headers.get("Location")).toMatch(/^\/sign-in\?/);
	});
});
