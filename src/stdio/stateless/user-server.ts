/** Answers the stateless requests (MCP 2026-07-28) of one client with a child that uses a 2025 version. */
import { setTimeout as delay } from "node:timers/promises";
import {
	Client,
	type ClientCapabilities,
	type RequestOptions,
	type StandardSchemaV1,
} from "@modelcontextprotocol/client";
import {
	createMcpHandler,
	type JSONRPCRequest,
	type McpHttpHandler,
	type Notification,
	ProtocolError,
	ProtocolErrorCode,
	type Result,
	Server,
	type ServerContext,
} from "@modelcontextprotocol/server";
import { currentPrincipal } from "../../auth/principal.ts";
import { readSettings } from "../../auth/settings.ts";
import { JSON_RPC } from "../../http/json-rpc.ts";
import { DeadlineError, runUntilDeadline, secondsFor } from "../../mcp/deadline.ts";
import { logToolCall, type Outcome } from "../../mcp/register/call-log.ts";
import { KEEP_ALIVE_MILLISECONDS, logError } from "../../mcp/stateless.ts";
import type { Pipe } from "../pipe.ts";
import { Calls, MAY_ASK } from "./calls.ts";
import { PipeTransport } from "./pipe-transport.ts";
import { visitsOf } from "./questions.ts";

const OWN_INFO = { name: "stdio-bridge", version: "1.0.0" };
/** All capabilities are declared to the child, because a client's own are known only with each later request. */
const CAPABILITIES: ClientCapabilities = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };
/** The maximum of a timer. Our own deadlines apply instead. */
const NO_TIMEOUT = 2 ** 31 - 1;
/** How long it takes to send the responses to requests in flight. */
const ANSWER_MILLISECONDS = 50;
/** Accepts any result, because results of the child are passed on unchanged. */
const ANY_RESULT: StandardSchemaV1<unknown, Result> = {
	"~standard": {
		version: 1,
		vendor: OWN_INFO.name,
		validate: (value) => (isResult(value) ? { value } : { issues: [{ message: "The MCP server sent no result" }] }),
	},
};

export class UserServer {
	readonly #handler: McpHttpHandler;
	/** For requests that may take long. It streams from the start, so that comments detect a disconnected client. */
	readonly #streamingHandler: McpHttpHandler;
	readonly #env: object;
	readonly #client: Client;
	readonly #transport: PipeTransport;
	readonly #calls: Calls;
	/** How many streams listen for changes of each resource. */
	readonly #subscriptions = new Map<string, number>();
	/** Why the server ends; undefined until then. */
	#reason: string | undefined;

	/**
	 * Connects to a child.
	 *
	 * @throws Error that explains why the child cannot be used
	 */
	static async start(pipe: Pipe, env: object): Promise<UserServer> {
		const client = new Client(OWN_INFO, { capabilities: CAPABILITIES });
		const transport = new PipeTransport(pipe);
		const { callTimeoutSeconds } = readSettings(env);
		const started = Date.now();
		try {
			await client.connect(transport, { timeout: callTimeoutSeconds * 1000 });
		} catch (error) {
			pipe.end();
			const isLate = Date.now() - started >= callTimeoutSeconds * 1000;
			if (isLate) throw new Error(`The MCP server did not answer within ${callTimeoutSeconds} seconds.`);
			throw transport.reason ? new Error(transport.reason) : error;
		}
		// Each client request sets its own log level, so the child must log everything. Do not wait for its response.
		if (client.getServerCapabilities()?.logging) client.setLoggingLevel("debug").catch(() => {});
		return new UserServer(client, transport, env);
	}

	private constructor(client: Client, transport: PipeTransport, env: object) {
		this.#env = env;
		this.#client = client;
		this.#transport = transport;
		this.#calls = new Calls(readSettings(env).longCallTimeoutSeconds * 1000);
		const options = { legacy: "reject", keepAliveMs: KEEP_ALIVE_MILLISECONDS, onerror: logError } as const;
		this.#handler = createMcpHandler(() => this.#newServer(), options);
		this.#streamingHandler = createMcpHandler(() => this.#newServer(), { ...options, responseMode: "sse" });
		client.fallbackRequestHandler = async (request) => this.#calls.ask(request);
		client.fallbackNotificationHandler = (notification) => this.#announce(notification);
	}

	answer(request: Request, message: unknown): Promise<Response> {
		const handler = MAY_ASK.has(Object(message).method) ? this.#streamingHandler : this.#handler;
		return handler.fetch(request, { parsedBody: message });
	}

	/** Called when the child has ended. */
	set onend(onend: () => void) {
		this.#client.onclose = () => {
			onend();
			void this.end("The MCP server ended.");
		};
		if (this.#transport.reason) onend();
	}

	isBusy(): boolean {
		return this.#calls.size > 0;
	}

	/** Subscribes to changes of a resource at the child, if the child supports subscriptions. */
	async subscribe(uri: string): Promise<void> {
		const count = this.#subscriptions.get(uri) ?? 0;
		this.#subscriptions.set(uri, count + 1);
		if (count === 0) await this.#watch((options) => this.#client.subscribeResource({ uri }, options));
	}

	async unsubscribe(uri: string): Promise<void> {
		const count = (this.#subscriptions.get(uri) ?? 0) - 1;
		if (count > 0) this.#subscriptions.set(uri, count);
		else if (this.#subscriptions.delete(uri))
			await this.#watch((options) => this.#client.unsubscribeResource({ uri }, options));
	}

	async #watch(change: (options: RequestOptions) => Promise<unknown>): Promise<void> {
		if (!this.#client.getServerCapabilities()?.resources?.subscribe) return;
		await change({ timeout: readSettings(this.#env).callTimeoutSeconds * 1000 }).catch(logError);
	}

	/**
	 * Ends the child. Resolves when everything has ended.
	 *
	 * @param reason the error text for requests in flight
	 */
	async end(reason: string): Promise<void> {
		if (this.#reason) return;
		this.#reason = reason;
		this.#calls.cancelAll();
		await this.#transport.close();
		// Wait until the responses are sent, because closing the handlers would cut them off.
		await delay(ANSWER_MILLISECONDS);
		await Promise.all([this.#handler.close(), this.#streamingHandler.close()]);
	}

	/** Makes an MCP server for one request, which forwards everything to the child. */
	#newServer(): Server {
		const { tasks: _, ...capabilities } = this.#client.getServerCapabilities() ?? {};
		const instructions = this.#client.getInstructions();
		const server = new Server(this.#client.getServerVersion() ?? OWN_INFO, {
			capabilities,
			...(instructions !== undefined && { instructions }),
		});
		server.fallbackRequestHandler = (request, context) => this.#serve(request, context);
		return server;
	}

	/** Forwards a request until its deadline, and writes a tool call's line to the log. */
	async #serve(request: JSONRPCRequest, context: ServerContext): Promise<Result> {
		const principal = currentPrincipal();
		const isTool = request.method === "tools/call";
		const name = isTool ? String(request.params?.name).slice(0, 100) : request.method;
		const started = Date.now();
		let outcome: Outcome = "error";
		try {
			// The child does not declare which tools are long, so all get the long deadline.
			const seconds = secondsFor(isTool ? { long: true } : {}, this.#env);
			const call = { name, requestId: principal.requestId, seconds, cancelled: context.mcpReq.signal };
			const result = await runUntilDeadline(call, (signal) => this.#forward(request, context, signal));
			outcome = result.resultType === "input_required" ? "asked" : result.isError === true ? "failed" : "ok";
			return result;
		} catch (error) {
			if (context.mcpReq.signal.aborted) outcome = "cancelled";
			if (!(error instanceof DeadlineError)) throw error;
			outcome = "timeout";
			if (isTool) return { content: [{ type: "text", text: error.message }], isError: true };
			throw new ProtocolError(ProtocolErrorCode.InternalError, error.message);
		} finally {
			if (isTool) logToolCall(name, principal, outcome, Date.now() - started);
		}
	}

	async #forward(request: JSONRPCRequest, context: ServerContext, until: AbortSignal): Promise<Result> {
		const { method, params } = request;
		try {
			return await this.#calls.serve(request, context, until, (current, signal) =>
				this.#client.request({ method, ...(params && { params }) }, ANY_RESULT, {
					signal,
					timeout: NO_TIMEOUT,
					onprogress: (progress) => void reportProgress(current().listener(progress), progress),
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
		const { notify } = this.#handler;
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
