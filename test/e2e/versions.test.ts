/** All clients of one user at one server, each in the version of the protocol that it negotiates. */
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, describe, expect, inject, it } from "vitest";
import { aiSdk, inspector, mcpRemote, type SignIn, type SigningInClient, sdkV1, sdkV2 } from "./signing-in-client.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";
import { addNumbers, callTool } from "./tool-client.ts";

type Case = { client: string; path: "/mcp" | "/sse"; version: string; signIn: SignIn };

const SESSIONS = "2025-11-25";
const STATELESS = "2026-07-28";
const AUTO = { versionNegotiation: { mode: "auto" } } as const;

const CASES: Case[] = [
	{
		client: "@modelcontextprotocol/sdk",
		path: "/mcp",
		version: SESSIONS,
		signIn: sdkV1(StreamableHTTPClientTransport),
	},
	{ client: "@modelcontextprotocol/sdk", path: "/sse", version: SESSIONS, signIn: sdkV1(SSEClientTransport) },
	{ client: "@modelcontextprotocol/client", path: "/mcp", version: SESSIONS, signIn: sdkV2({}) },
	{ client: "@modelcontextprotocol/client that negotiates", path: "/mcp", version: STATELESS, signIn: sdkV2(AUTO) },
	{ client: "@ai-sdk/mcp", path: "/mcp", version: STATELESS, signIn: aiSdk({ type: "http" }) },
	{
		client: "@ai-sdk/mcp without version discovery",
		path: "/mcp",
		version: SESSIONS,
		signIn: aiSdk({ type: "http", protocolVersionDiscovery: false }),
	},
	{ client: "@ai-sdk/mcp", path: "/sse", version: SESSIONS, signIn: aiSdk({ type: "sse" }) },
	{ client: "mcp-remote", path: "/mcp", version: SESSIONS, signIn: mcpRemote() },
	{ client: "mcp-remote", path: "/sse", version: SESSIONS, signIn: mcpRemote() },
	{ client: "mcp-remote that negotiates", path: "/mcp", version: STATELESS, signIn: mcpRemote("--protocol", "auto") },
	{ client: "Inspector", path: "/mcp", version: SESSIONS, signIn: inspector("--transport", "http") },
	{ client: "Inspector", path: "/sse", version: SESSIONS, signIn: inspector("--transport", "sse") },
	{
		client: "Inspector that negotiates",
		path: "/mcp",
		version: STATELESS,
		signIn: inspector("--transport", "http", "--protocol-era", "auto"),
	},
];

/** Somebody whom no other test knows. */
const email = `${crypto.randomUUID()}@example.com`;
const noteOf = ({ client, path }: Case) => `Remembered by ${client} at ${path}`;
const connected = new Map<Case, SigningInClient>();
const proxies: TcpProxy[] = [];

afterAll(async () => {
	await Promise.all([...connected.values()].map((client) => client.close()));
	await Promise.all(proxies.map((proxy) => proxy.close()));
});

/** What a client's messages said about the version of the protocol. The first may not know it yet. */
function versionsOnTheWire(proxy: TcpProxy, path: string): string[] {
	const messages = proxy.requests().filter((request) => request.method === "POST" && request.path.startsWith(path));
	const versions = messages.map(({ headers }) => headers.get("Mcp-Protocol-Version"));
	return [...new Set(versions.filter((version) => version !== null))];
}

describe("at the same server", () => {
	it.concurrent.each(CASES)("$client at $path signs in, speaks $version, adds and remembers", async (one) => {
		const proxy = await startTcpProxy(inject("origin"));
		proxies.push(proxy);
		const client = await one.signIn(proxy.origin + one.path, email);
		connected.set(one, client);
		expect(await addNumbers(client, 2, 3)).toBe("5");
		await callTool(client, "remember", { note: noteOf(one) });
		expect(versionsOnTheWire(proxy, one.path)).toEqual([one.version]);
	});

	it("what one remembers, all recall", async () => {
		expect([...connected.keys()]).toHaveLength(CASES.length);
		const answers = await Promise.all([...connected.values()].map((client) => callTool(client, "recall")));
		for (const { structuredContent } of answers) {
			expect(structuredContent).toMatchObject({ total: CASES.length });
			for (const one of CASES) expect(JSON.stringify(structuredContent)).toContain(noteOf(one));
		}
	});
});
