/** Vercel's AI SDK: an MCP client with transports and OAuth of its own. */
import { auth, createMCPClient, type MCPClient, type MCPClientConfig, UnauthorizedError } from "@ai-sdk/mcp";
import { expect } from "vitest";
import type { Answers } from "../support/person.ts";
import { MemoryOAuthProvider } from "./oauth-provider.ts";

export type AiSdkOptions = Pick<MCPClientConfig, "protocolVersionDiscovery"> & { readonly type: "http" | "sse" };

/** Connects as its documentation shows: refused first, then signed in, then connected anew. */
export async function connectAiSdk(
	url: string,
	{ type, ...options }: AiSdkOptions,
	answers: Answers = {},
	authProvider: MemoryOAuthProvider = new MemoryOAuthProvider(),
): Promise<MCPClient> {
	const connect = () => createMCPClient({ ...options, transport: { type, url, authProvider } });
	await expect(connect()).rejects.toThrow(UnauthorizedError);
	const { code, iss } = await authProvider.signIn(answers);
	await auth(authProvider, {
		serverUrl: url,
		authorizationCode: code,
		callbackState: authProvider.state(),
		...(iss !== undefined && { callbackIssuer: iss }),
	});
	return connect();
}
