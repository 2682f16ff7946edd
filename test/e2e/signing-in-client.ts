/** Every kind of client that this server knows, signed in through its pages, in one shape. */
import {
	type ClientOptions,
	Client as ClientV2,
	StreamableHTTPClientTransport as TransportV2,
	UnauthorizedError as UnauthorizedV2,
} from "@modelcontextprotocol/client";
import { UnauthorizedError as UnauthorizedV1 } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import type { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import type { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { expect } from "vitest";
import { z } from "zod";
import { type AiSdkOptions, connectAiSdk } from "./ai-sdk.ts";
import { readAuthorizationUrl } from "./command.ts";
import { makeInspector } from "./inspector.ts";
import { runMcpRemote } from "./mcp-remote.ts";
import { MemoryOAuthProvider } from "./oauth-provider.ts";
import { signInAndReturn } from "./sign-in.ts";
import { makeTemporaryHome } from "./temporary-home.ts";
import type { ToolClient } from "./tool-client.ts";

export type SigningInClient = Pick<ToolClient, "callTool"> & { close(): Promise<void> };
export type SignIn = (url: string, email: string) => Promise<SigningInClient>;

const INFO = { name: "end-to-end-test", version: "1.0.0" };

/** An app built on the SDK's first version. */
export const sdkV1 =
	(Transport: typeof StreamableHTTPClientTransport | typeof SSEClientTransport): SignIn =>
	async (url, email) => {
		const authProvider = new MemoryOAuthProvider();
		const refused = new Transport(new URL(url), { authProvider });
		await expect(new ClientV1(INFO).connect(refused)).rejects.toThrow(UnauthorizedV1);
		await refused.finishAuth((await authProvider.signIn({ email })).code);
		const client = new ClientV1(INFO);
		await client.connect(new Transport(new URL(url), { authProvider }));
		return client;
	};

/** An app built on the SDK's second version. */
export const sdkV2 =
	(options: ClientOptions): SignIn =>
	async (url, email) => {
		const authProvider = new MemoryOAuthProvider();
		const refused = new TransportV2(new URL(url), { authProvider });
		await expect(new ClientV2(INFO, options).connect(refused)).rejects.toThrow(UnauthorizedV2);
		const { code, iss } = await authProvider.signIn({ email });
		await refused.finishAuth(code, iss);
		const client = new ClientV2(INFO, options);
		await client.connect(new TransportV2(new URL(url), { authProvider }));
		return client;
	};

/** An app built on Vercel's AI SDK. */
export const aiSdk =
	(options: AiSdkOptions): SignIn =>
	(url, email) =>
		connectAiSdk(url, options, { email });

/** A desktop app. */
export const mcpRemote =
	(...flags: string[]): SignIn =>
	async (url, email) => {
		const home = await makeTemporaryHome();
		const { client, connected, printed } = runMcpRemote(home, url, flags);
		const close = async () => {
			await client.close();
			await home.remove();
		};
		const signedIn = readAuthorizationUrl(printed).then((page) => signInAndReturn(page, { email }));
		await orElse(close, Promise.all([connected, signedIn]));
		return { callTool: (call) => client.callTool(call), close };
	};

/** A person at a terminal. */
export const inspector =
	(...flags: string[]): SignIn =>
	async (url, email) => {
		const home = await makeTemporaryHome();
		const inspect = await makeInspector(home);
		const list = inspect(url, ...flags, "--method", "tools/list");
		const signedIn = readAuthorizationUrl(list.printed).then((page) => signInAndReturn(page, { email }));
		await orElse(home.remove, Promise.all([list.result, signedIn]));
		return {
			async callTool({ name, arguments: args }) {
				const pairs = Object.entries(args).map(([key, value]) => `${key}=${value}`);
				const toolArgs = pairs.length > 0 ? ["--tool-arg", ...pairs] : [];
				const call = inspect(url, ...flags, "--method", "tools/call", "--tool-name", name, ...toolArgs);
				return z.object({ result: z.unknown() }).parse(await call.result).result;
			},
			close: home.remove,
		};
	};

/** Waits for something, and cleans up if it fails. */
async function orElse(cleanUp: () => Promise<void>, something: Promise<unknown>): Promise<void> {
	try {
		await something;
	} catch (error) {
		await cleanUp();
		throw error;
	}
}
