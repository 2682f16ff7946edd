/** Clients of both SDKs, signed in to the stdio server over every transport. */
import { StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { openV1, openV2, STATELESS, type TestClient } from "../stdio/clients.ts";
import type { Answers } from "../support/person.ts";
import { MemoryOAuthProvider } from "./oauth-provider.ts";

type Finish = { finishAuth(code: string, iss?: string): Promise<void> };

type SignedIn = { readonly client: TestClient; readonly token: string };

export type SignInClient = (origin: string, answers?: Answers) => Promise<SignedIn>;

/** The whole way of a client that knows nothing but a URL: refused, signed in, connected. */
function signIn<T extends Finish>(
	path: string,
	newTransport: (url: URL, authProvider: MemoryOAuthProvider) => T,
	open: (transport: T) => Promise<TestClient>,
): SignInClient {
	return async (origin, answers) => {
		const authProvider = new MemoryOAuthProvider();
		const url = new URL(origin + path);
		const refused = newTransport(url, authProvider);
		const client = await open(refused).catch(() => undefined);
		if (client) throw new Error("The client was let in without a sign-in");
		const [asked] = authProvider.authorizationUrls;
		if (asked?.searchParams.get("resource") !== url.href) throw new Error(`Asked for another resource: ${asked}`);
		const { code, iss } = await authProvider.signIn(answers);
		await refused.finishAuth(code, iss);
		const token = authProvider.requireTokens().access_token;
		return { client: await open(newTransport(url, authProvider)), token };
	};
}

export const CLIENTS: { title: string; signIn: SignInClient; version: string | undefined }[] = [
	{
		title: "the first SDK at /stdio/mcp",
		signIn: signIn("/stdio/mcp", (url, authProvider) => new TransportV1(url, { authProvider }), openV1),
		version: "2025-11-25",
	},
	{
		title: "the first SDK at /stdio/sse",
		signIn: signIn("/stdio/sse", (url, authProvider) => new SSEClientTransport(url, { authProvider }), openV1),
		version: undefined,
	},
	{
		title: "the second SDK without sessions at /stdio/mcp",
		signIn: signIn(
			"/stdio/mcp",
			(url, authProvider) => new TransportV2(url, { authProvider }),
			(transport) => openV2(transport, STATELESS),
		),
		version: "2026-07-28",
	},
];
