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

/** How to connect: the era of the protocol, and its transport. Only the older era has another one than Streamable HTTP. */
export const WAYS = {
	stateless: { title: "2026-07-28, without a session", path: "/mcp", negotiates: true },
	session: { title: "2025-11-25, with a session", path: "/mcp", negotiates: false },
	sse: { title: "HTTP+SSE, for older clients", path: "/sse", negotiates: false },
} as const;

export type Way = keyof typeof WAYS;

export const isWay = (name: string): name is Way => Object.hasOwn(WAYS, name);

export type SentMessage = {
	readonly url: string;
	readonly method: string;
	readonly headers: readonly (readonly [string, string])[];
	readonly body: string | undefined;
};

/** Answers a question of the server, until the signal says that nobody waits for it any more. */
export type Ask = (question: ElicitRequestFormParams, signal: AbortSignal) => Promise<ElicitResult>;

export type ConnectionSettings = {
	readonly url: URL;
	readonly way: Way;
	readonly authProvider?: OAuthClientProvider;
	readonly ask: Ask;
	readonly onSent?: (message: SentMessage) => void;
	readonly onReceived?: (message: JSONRPCMessage) => void;
};

/** A person may take long to answer a question, and an image to be generated. */
const CALL_MILLISECONDS = 30 * 60_000;
export const CALL_OPTIONS = { timeout: CALL_MILLISECONDS, resetTimeoutOnProgress: true };

export function createTransport({ url, way, authProvider, onSent }: ConnectionSettings) {
	const options = {
		...(authProvider && { authProvider }),
		async fetch(input: string | URL, init?: RequestInit) {
			// Only messages: the requests of a sign-in have tokens in them.
			if (new URL(input).pathname.startsWith(url.pathname)) onSent?.(describe(input, init));
			return fetch(input, init);
		},
	};
	return way === "sse"
		? new SSEClientTransport(url, options)
		: new StreamableHTTPClientTransport(url, { ...options, onInsufficientScope: "throw" });
}

export async function connect(settings: ConnectionSettings): Promise<Client> {
	const { way, ask, onReceived } = settings;
	const { negotiates } = WAYS[way];
	const client = new Client(
		{ name: "playground", title: "Playground", version: "1.0.0" },
		{
			capabilities: { elicitation: { form: { applyDefaults: true } } },
			...(negotiates && { versionNegotiation: { mode: "auto" } }),
		},
	);
	client.setRequestHandler("elicitation/create", async ({ params }, { mcpReq }) => {
		if (params.mode === "url") return { action: "decline" };
		return ask(params, mcpReq.signal);
	});
	const transport = createTransport(settings);
	if (onReceived) transport.onmessage = onReceived;
	await client.connect(transport);
	return client;
}

function describe(input: string | URL, { method = "GET", headers, body }: RequestInit = {}): SentMessage {
	const text = typeof body === "string" ? body : undefined;
	return { url: String(input), method, headers: [...new Headers(headers)], body: text };
}
