/** What answers one user's requests of the stateless era (MCP 2026-07-28): a server in front of one child of the 2025 era. */
import { setTimeout } from "node:timers/promises";
import { Client, type ClientCapabilities, type StandardSchemaV1 } from "@modelcontextprotocol/client";
import {
	createMcpHandler,
	type JSONRPCRequest,
	type McpHttpHandler,
	type Notification,
	ProtocolError,
	type Result,
	Server,
	type ServerContext,
} from "@modelcontextprotocol/server";
import { JSON_RPC } from "./answers.ts";
import { Calls } from "./calls.ts";
import type { Child } from "./child.ts";
import { ChildTransport } from "./child-transport.ts";
import { log, messageOf, shorten } from "./log.ts";
import type { Limits } from "./options.ts";
import { visitsOf } from "./questions.ts";

const BRIDGE_INFO = { name: "stdio-bridge", version: "1.0.0" };
/** Each request says what its client can do, long after the child has asked. */
const CAPABILITIES: ClientCapabilities = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };
/** The longest that Node's timers know: a request has no timeout of ours. */
const NO_TIMEOUT = 2 ** 31 - 1;
/** How long the answers to requests in flight take to get out. */
const ANSWER_MILLISECONDS = 50;
/** What the child answers is passed on as it is. */
const ANY_RESULT: StandardSchemaV1<unknown, Result> = {
	"~standard": {
		version: 1,
		vendor: "bridge",
		validate: (value) => (isResult(value) ? { value } : { issues: [{ message: "The MCP server sent no result" }] }),
	},
};
/** As in `sse.ts`: a Worker in front finds out with the second comment that its client has hung up. */
const KEEP_ALIVE_MILLISECONDS = 5_000;

export class UserServer {
	readonly handler: McpHttpHandler;
	readonly #client: Client;
	readonly #transport: ChildTransport;
	readonly #calls: Calls;
	/** Why it ends. */
	#reason: string | undefined;

	/**
	 * Connects to a child.
	 *
	 * @throws Error that says why it cannot be used
	 */
	static async start(child: Child, limits: Limits): Promise<UserServer> {
		const client = new Client(BRIDGE_INFO, { capabilities: CAPABILITIES });
		const transport = new ChildTransport(child);
		const started = performance.now();
		try {
			await client.connect(transport, { timeout: limits.initializeMilliseconds });
		} catch (error) {
			await child.end();
			const isLate = performance.now() - started >= limits.initializeMilliseconds;
			if (isLate)
				throw new Error(`The MCP server did not answer within ${limits.initializeMilliseconds / 1000} seconds.`);
			throw transport.reason ? new Error(transport.reason) : error;
		}
		// Each request of a client says what it wants to hear; the child says all. One that does not answer is not waited for.
		if (client.getServerCapabilities()?.logging) client.setLoggingLevel("debug").catch(() => {});
		return new UserServer(client, transport, limits);
	}

	private constructor(client: Client, transport: ChildTransport, limits: Limits) {
		this.#client = client;
		this.#transport = transport;
		this.#calls = new Calls(limits.inputMilliseconds);
		this.handler = createMcpHandler(() => this.#newServer(), {
			legacy: "reject",
			keepAliveMs: KEEP_ALIVE_MILLISECONDS,
			onerror: ({ message }) => log("client_error", { message: shorten(message) }),
		});
		client.fallbackRequestHandler = async (request) => this.#calls.ask(request);
		client.fallbackNotificationHandler = (notification) => this.#announce(notification);
	}

	/** Called when the child has ended. */
	set onend(onend: () => void) {
		this.#client.onclose = onend;
		if (this.#transport.reason) onend();
	}

	isBusy(): boolean {
		return this.#calls.size > 0;
	}

	/** Changes of a resource go to the streams that listen. What the child does not watch is not heard of. */
	async subscribe(uri: string): Promise<void> {
		await this.#watch(() => this.#client.subscribeResource({ uri }));
	}

	async unsubscribe(uri: string): Promise<void> {
		await this.#watch(() => this.#client.unsubscribeResource({ uri }));
	}

	async #watch(change: () => Promise<unknown>): Promise<void> {
		if (!this.#client.getServerCapabilities()?.resources?.subscribe) return;
		await change().catch((error) => log("client_error", { message: messageOf(error) }));
	}

	/**
	 * Ends the child. Resolves when nothing is left.
	 *
	 * @param reason what requests in flight are answered
	 */
	async end(reason: string): Promise<void> {
		this.#reason ??= reason;
		this.#calls.cancelAll();
		await this.#transport.close();
		// The answers first; closing the handler cuts them off.
		await setTimeout(ANSWER_MILLISECONDS);
		await this.handler.close();
	}

	/** A server for one request: what it does is done by the child. */
	#newServer(): Server {
		const { tasks: _, ...capabilities } = this.#client.getServerCapabilities() ?? {};
		const instructions = this.#client.getInstructions();
		const server = new Server(this.#client.getServerVersion() ?? BRIDGE_INFO, {
			capabilities,
			...(instructions !== undefined && { instructions }),
		});
		server.fallbackRequestHandler = (request, context) => this.#forward(request, context);
		return server;
	}

	async #forward(request: JSONRPCRequest, context: ServerContext): Promise<Result> {
		const { method, params } = request;
		try {
			return await this.#calls.serve(request, context, (current, signal) =>
				this.#client.request({ method, ...(params && { params }) }, ANY_RESULT, {
					signal,
					timeout: NO_TIMEOUT,
					onprogress: (progress) => void reportProgress(current(), progress),
				}),
			);
		} catch (error) {
			const visits = visitsOf(error, context);
			if (visits) return visits;
			const reason = this.#transport.reason ?? this.#reason;
			throw reason ? new ProtocolError(JSON_RPC.transport, `${reason} Try again.`) : error;
		}
	}

	async #announce(notification: Notification): Promise<void> {
		const { notify } = this.handler;
		switch (notification.method) {
			case "notifications/tools/list_changed":
				return notify.toolsChanged();
			case "notifications/prompts/list_changed":
				return notify.promptsChanged();
			case "notifications/resources/list_changed":
				return notify.resourcesChanged();
			case "notifications/resources/updated":
				return notify.resourceUpdated(String(notification.params?.uri));
			case "notifications/message":
				return this.#calls.notify(notification);
		}
	}
}

function isResult(value: unknown): value is Result {
	return typeof value === "object" && value !== null;
}

async function reportProgress(context: ServerContext | undefined, progress: Readonly<Record<string, unknown>>) {
	const progressToken = context?.mcpReq._meta?.progressToken;
	if (progressToken === undefined) return;
	await context?.mcpReq
		.notify({ method: "notifications/progress", params: { ...progress, progressToken } })
		.catch(() => {});
}
