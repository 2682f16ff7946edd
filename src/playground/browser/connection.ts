/** A connection to the server: the client of the SDK, in one of three ways. It knows nothing of a page. */
import {
	Client,
	type ElicitRequestFormParams,
	type ElicitResult,
	type JSONRPCMessage,
	type OAuthClientProvider,
	SSEClientTransport,
	StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { WITH_VIEWS } from "../../mcp/apps.ts";
import { UnavailableError } from "./errors.ts";
import { QuestionOwners } from "./question-owners.ts";

/** How to connect: the era of the protocol, and its transport. Only the older era has another one than Streamable HTTP. */
export const WAYS = {
	stateless: { title: "2026-07-28, without a session", path: "/mcp", negotiates: true },
	session: { title: "2025-11-25, with a session", path: "/mcp", negotiates: false },
	sse: { title: "HTTP+SSE, for older assistants", path: "/sse", negotiates: false },
} as const;

export type Way = keyof typeof WAYS;

export const isWay = (name: string): name is Way => Object.hasOwn(WAYS, name);

export type SentMessage = {
	readonly url: string;
	readonly method: string;
	readonly headers: readonly (readonly [string, string])[];
	readonly body: string | undefined;
};

/** Answers a question of the server, until the signal fires. The call that it belongs to is undefined if nothing tells. */
export type Ask = (question: ElicitRequestFormParams, signal: AbortSignal, call?: string) => Promise<ElicitResult>;

export type ConnectionSettings = {
	readonly url: URL;
	readonly way: Way;
	readonly authProvider?: OAuthClientProvider;
	readonly ask: Ask;
	readonly onSent?: (message: SentMessage) => void;
	readonly onReceived?: (message: JSONRPCMessage) => void;
	readonly onListChanged?: () => void;
};

export type Connection = {
	readonly client: Client;
	/** Says goodbye to the server, if it has a session, and ends what still runs. */
	close(): Promise<void>;
};

/** Carries the name of a call to the transport, and goes no further. */
const CALL_HEADER = "Playground-Call";

/** A person may take long to answer a question, and an image to be generated. */
const CALL_MILLISECONDS = 30 * 60_000;
/** A server that is away must not keep the user. */
const GOODBYE_MILLISECONDS = 2000;

/** The options of a request that may take long and ask. */
export const callOptions = (call: string) => ({
	timeout: CALL_MILLISECONDS,
	resetTimeoutOnProgress: true,
	headers: { [CALL_HEADER]: call },
});

export function createTransport(settings: Omit<ConnectionSettings, "ask">, owners = new QuestionOwners()) {
	const { url, way, authProvider, onSent } = settings;
	const options = {
		...(authProvider && { authProvider }),
		async fetch(input: string | URL, init: RequestInit = {}) {
			const headers = new Headers(init.headers);
			const call = headers.get(CALL_HEADER);
			headers.delete(CALL_HEADER);
			const request = { ...init, headers };
			// Only messages: the requests of a sign-in have tokens in them.
			const isMessage = new URL(input).pathname.startsWith(url.pathname);
			if (isMessage) onSent?.(describe(input, request));
			const response = await fetch(input, request);
			if (isMessage && UnavailableError.isStatus(response.status)) throw new UnavailableError(response.status);
			return call === null ? response : owners.watch(response, call);
		},
	};
	return way === "sse"
		? new SSEClientTransport(url, options)
		: new StreamableHTTPClientTransport(url, { ...options, onInsufficientScope: "throw" });
}

export async function connect(settings: ConnectionSettings): Promise<Connection> {
	const { way, ask, onReceived, onListChanged } = settings;
	const listChanged = onListChanged && { autoRefresh: false, onChanged: onListChanged };
	const { negotiates } = WAYS[way];
	const client = new Client(
		{ name: "playground", title: "Playground", version: "1.0.0" },
		{
			capabilities: {
				elicitation: { form: { applyDefaults: true } },
				...WITH_VIEWS,
			},
			...(negotiates && { versionNegotiation: { mode: "auto" } }),
			...(listChanged && { listChanged: { tools: listChanged, resources: listChanged, prompts: listChanged } }),
		},
	);
	const owners = new QuestionOwners();
	client.setRequestHandler("elicitation/create", async ({ params }, { mcpReq }) => {
		if (params.mode === "url") return { action: "decline" };
		return ask(params, mcpReq.signal, owners.callOf(mcpReq.id));
	});
	const transport = createTransport(settings, owners);
	if (onReceived) transport.onmessage = onReceived;
	await client.connect(transport);
	return {
		client,
		async close() {
			const overdue = new Promise((resolve) => setTimeout(resolve, GOODBYE_MILLISECONDS));
			const goodbye = "terminateSession" in transport ? transport.terminateSession() : undefined;
			await Promise.race([goodbye?.catch(() => {}), overdue]);
			await client.close();
		},
	};
}

function describe(input: string | URL, { method = "GET", headers, body }: RequestInit): SentMessage {
	const text = typeof body === "string" ? body : undefined;
	return { url: String(input), method, headers: [...new Headers(headers)], body: text };
}
