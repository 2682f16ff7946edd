/** Real clients of both SDKs over every transport, in one shape: what happens behind the door is the same question to each. */
import {
	type ClientOptions,
	Client as ClientV2,
	StreamableHTTPClientTransport as TransportV2,
} from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
	CreateMessageRequestSchema,
	ElicitRequestSchema,
	ListRootsRequestSchema,
	LoggingMessageNotificationSchema,
	ResourceUpdatedNotificationSchema,
	ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import type { Stdio } from "./door.ts";

const INFO = { name: "stdio-test", version: "1.0.0" };
const CAPABILITIES = { sampling: {}, elicitation: {}, roots: {} };
/** What every client answers when it is asked. */
export const SAMPLED = {
	role: "assistant" as const,
	model: "a model",
	content: { type: "text" as const, text: "an invented answer" },
};
export const ELICITED = { action: "accept" as const, content: { name: "Ada Lovelace" } };
export const ROOTS = { roots: [{ uri: "file:///home/ada", name: "home of Ada" }] };

type Args = Record<string, string>;
export type CallOptions = {
	signal?: AbortSignal;
	onprogress?: (progress: { progress: number; total?: number | undefined }) => void;
};

export type TestClient = {
	/** What the server has said between answers: the level of a log message, the address of a resource, "tools". */
	readonly heard: string[];
	version(): string | undefined;
	capabilities(): object | undefined;
	tools(): Promise<{ name: string }[]>;
	call(name: string, args?: object, options?: CallOptions): Promise<object>;
	resources(): Promise<{ uri: string }[]>;
	templates(): Promise<object>;
	read(uri: string): Promise<object>;
	subscribe(uri: string): Promise<unknown>;
	/** Does nothing without a session, where each request says it. */
	setLevel(level: "debug" | "emergency"): Promise<unknown>;
	prompts(): Promise<object>;
	prompt(name: string, args: Args): Promise<object>;
	complete(prompt: string, name: string, value: string, others: Args): Promise<object>;
	close(): Promise<void>;
};

export type Connect = (stdio: Stdio, user: string) => Promise<TestClient>;

type Common = Pick<
	TestClient,
	"resources" | "templates" | "read" | "prompts" | "prompt" | "complete" | "tools" | "close"
>;

/** What both SDKs have in common. */
function common(client: ClientV1 | ClientV2): Common {
	return {
		tools: async () => (await client.listTools()).tools,
		resources: async () => (await client.listResources()).resources,
		templates: () => client.listResourceTemplates(),
		read: (uri) => client.readResource({ uri }),
		prompts: () => client.listPrompts(),
		prompt: (name, args) => client.getPrompt({ name, arguments: args }),
		complete: (name, argument, value, others) =>
			client.complete({
				ref: { type: "ref/prompt", name },
				argument: { name: argument, value },
				context: { arguments: others },
			}),
		close: () => client.close(),
	};
}

/** For the second SDK: speak the protocol without sessions, where it is spoken. */
export const STATELESS: ClientOptions = { versionNegotiation: { mode: "auto" } };

/** The first SDK's client, once it is connected. */
export async function openV1(transport: TransportV1 | SSEClientTransport): Promise<TestClient> {
	const client = new ClientV1(INFO, { capabilities: CAPABILITIES });
	const heard: string[] = [];
	client.setRequestHandler(CreateMessageRequestSchema, () => SAMPLED);
	client.setRequestHandler(ElicitRequestSchema, () => ELICITED);
	client.setRequestHandler(ListRootsRequestSchema, () => ROOTS);
	client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void heard.push(params.level));
	client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void heard.push(params.uri));
	client.setNotificationHandler(ToolListChangedNotificationSchema, () => void heard.push("tools"));
	await client.connect(transport);
	return {
		...common(client),
		heard,
		version: () => ("protocolVersion" in transport ? transport.protocolVersion : undefined),
		capabilities: () => client.getServerCapabilities(),
		call: (name, args = {}, options = {}) => client.callTool({ name, arguments: { ...args } }, undefined, options),
		subscribe: (uri) => client.subscribeResource({ uri }),
		setLevel: (level) => client.setLoggingLevel(level),
	};
}

/** The second SDK's client, once it is connected. */
export async function openV2(transport: TransportV2, options: ClientOptions = {}): Promise<TestClient> {
	const client = new ClientV2(INFO, { capabilities: CAPABILITIES, ...options });
	const heard: string[] = [];
	client.setRequestHandler("sampling/createMessage", () => SAMPLED);
	client.setRequestHandler("elicitation/create", () => ELICITED);
	client.setRequestHandler("roots/list", () => ROOTS);
	client.setNotificationHandler("notifications/message", ({ params }) => void heard.push(params.level));
	client.setNotificationHandler("notifications/resources/updated", ({ params }) => void heard.push(params.uri));
	client.setNotificationHandler("notifications/tools/list_changed", () => void heard.push("tools"));
	await client.connect(transport);
	const isStateless = client.getNegotiatedProtocolVersion() === "2026-07-28";
	// Without a session, each request says what it wants to hear.
	const _meta = isStateless ? { "io.modelcontextprotocol/logLevel": "debug" } : {};
	return {
		...common(client),
		heard,
		version: () => client.getNegotiatedProtocolVersion(),
		capabilities: () => client.getServerCapabilities(),
		call: (name, args = {}, callOptions = {}) => client.callTool({ name, arguments: { ...args }, _meta }, callOptions),
		subscribe: (uri) =>
			isStateless
				? client.listen({ resourceSubscriptions: [uri], toolsListChanged: true })
				: client.subscribeResource({ uri }),
		setLevel: async (level) => isStateless || client.setLoggingLevel(level),
	};
}

async function headersOf(stdio: Stdio, user: string) {
	const { access_token } = await stdio.signIn(`${user.replaceAll(/\W+/g, "-")}@example.com`);
	return { Authorization: `Bearer ${access_token}` };
}

/** A transport over Streamable HTTP, of either SDK. */
async function streamable<T>(
	Transport: new (url: URL, options: { requestInit: RequestInit }) => T,
	stdio: Stdio,
	user: string,
): Promise<T> {
	const headers = await headersOf(stdio, user);
	return new Transport(new URL(`${stdio.origin}/stdio/mcp`), { requestInit: { headers } });
}

async function sse(stdio: Stdio, user: string): Promise<SSEClientTransport> {
	const headers = await headersOf(stdio, user);
	return new SSEClientTransport(new URL(`${stdio.origin}/stdio/sse`), {
		requestInit: { headers },
		eventSourceInit: {
			fetch: (url, init) => fetch(url, { ...init, headers: { ...headers, Accept: "text/event-stream" } }),
		},
	});
}

export const CLIENTS: { title: string; connect: Connect; version: string | undefined }[] = [
	{
		title: "the first SDK over Streamable HTTP",
		connect: async (stdio, user) => openV1(await streamable(TransportV1, stdio, user)),
		version: "2025-11-25",
	},
	{
		title: "the first SDK over HTTP+SSE",
		connect: async (stdio, user) => openV1(await sse(stdio, user)),
		version: undefined,
	},
	{
		title: "the second SDK by default",
		connect: async (stdio, user) => openV2(await streamable(TransportV2, stdio, user)),
		version: "2025-11-25",
	},
	{
		title: "the second SDK without sessions",
		connect: async (stdio, user) => openV2(await streamable(TransportV2, stdio, user), STATELESS),
		version: "2026-07-28",
	},
];
