/** Clients of both SDKs with a token, in one shape: what happens on the wire is the same question to each. */
import {
	type ClientOptions,
	Client as ClientV2,
	StreamableHTTPClientTransport as TransportV2,
} from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
	type CallToolResult,
	CallToolResultSchema,
	ResourceListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { OAuthClient } from "../support/oauth-client.ts";
import { fetchOverHttp } from "./sign-in.ts";

export type CallOptions = {
	signal?: AbortSignal;
	onprogress?: () => void;
	/** Called with the id of each event, with which the client can come back. */
	onresumptiontoken?: () => void;
};

export type SignedInClient = {
	call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<CallToolResult>;
	/** Calls back whenever the server says that there are other resources now. */
	onResourcesChanged(listener: () => void): void;
	close(): Promise<void>;
};

export type Connect = (origin: string, email: string) => Promise<SignedInClient>;

const INFO = { name: "end-to-end-test", version: "1.0.0" };
/** A slow machine must not exhaust a client's patience: more than the SDKs' own 2 attempts. */
const reconnectionOptions = {
	initialReconnectionDelay: 200,
	maxReconnectionDelay: 1000,
	reconnectionDelayGrowFactor: 1.5,
	maxRetries: 20,
};

export async function accessTokenOf(origin: string, email: string): Promise<string> {
	const { access_token } = await new OAuthClient(fetchOverHttp, origin).signIn({ email });
	return access_token;
}

async function transportOptions(origin: string, email: string) {
	const headers = { Authorization: `Bearer ${await accessTokenOf(origin, email)}` };
	return [new URL(`${origin}/mcp`), { requestInit: { headers }, reconnectionOptions }] as const;
}

export const connectV1: Connect = async (origin, email) => {
	const client = new ClientV1(INFO);
	await client.connect(new TransportV1(...(await transportOptions(origin, email))));
	return {
		async call(name, args = {}, options = {}) {
			return CallToolResultSchema.parse(await client.callTool({ name, arguments: args }, undefined, options));
		},
		onResourcesChanged: (listener) => client.setNotificationHandler(ResourceListChangedNotificationSchema, listener),
		close: () => client.close(),
	};
};

const connectV2 =
	(clientOptions: ClientOptions): Connect =>
	async (origin, email) => {
		const client = new ClientV2(INFO, clientOptions);
		await client.connect(new TransportV2(...(await transportOptions(origin, email))));
		return {
			async call(name, args = {}, options = {}) {
				return CallToolResultSchema.parse(await client.callTool({ name, arguments: args }, options));
			},
			onResourcesChanged: (listener) =>
				client.setNotificationHandler("notifications/resources/list_changed", () => listener()),
			close: () => client.close(),
		};
	};

export const connectV2Default = connectV2({});
export const connectV2Auto = connectV2({ versionNegotiation: { mode: "auto" } });
