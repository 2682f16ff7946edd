/**
 * One MCP session of the 2025 era in one Durable Object. Everything that touches the internals of McpAgent is here.
 *
 * A stock McpAgent keeps the first request's props, answers a POST in three calls and four storage writes, and takes
 * any session id. This one is told the caller with each message, in the same call; it stores what the client said
 * when it initialized, and when it was last used, and nothing of who is calling.
 */
import { isInitializeRequest, type JSONRPCMessage, JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import { type MCPStorageApi, McpAgent, type TransportState } from "agents/mcp";
import { type Caller, runAs } from "./caller.ts";
import { sessionNotFound } from "./json-rpc.ts";
import { createServer } from "./server.ts";
import { type McpRequest, SESSION_HEADER } from "./session.ts";
import { SseTransport, StreamableHttpTransport } from "./transports.ts";

/** A session that nobody used for this long is deleted: as long as a grant lives unused. */
export const SESSION_IDLE_SECONDS = 30 * 24 * 60 * 60;
/** How often the last use is written down: often enough for SESSION_IDLE_SECONDS, too seldom to cost anything. */
const LAST_USED_PRECISION_SECONDS = 24 * 60 * 60;

const STATE_KEY = "session";
const LAST_USED_KEY = "lastUsed";

export class RemoteMcp extends McpAgent<Env> {
	server = createServer(this.env);
	#transport: StreamableHttpTransport | SseTransport | undefined;
	/** Whether the client has initialized this session and not ended it. */
	#isOpen = false;
	/** Whether the storage of an ended session is deleted: this object is never used again. */
	#isEmpty = false;
	#lastUsedSeconds = 0;

	/** The tools are registered when the server is created. */
	async init(): Promise<void> {}

	/** Replaces McpAgent's, which stores the props it is given and connects a transport of its own. */
	override async onStart(): Promise<void> {
		const sendToStream = (message: JSONRPCMessage) => {
			for (const connection of this.getConnections()) connection.send(JSON.stringify(message));
		};
		const state = await this.#storage.get();
		this.#isOpen = state !== undefined;
		this.#lastUsedSeconds = (await this.ctx.storage.get<number>(LAST_USED_KEY)) ?? 0;
		if (this.getTransportType() === "sse") {
			const transport = new SseTransport(this.getSessionId(), sendToStream);
			this.#transport = transport;
			await this.server.connect(transport);
			if (state?.initializeParams) {
				transport.restore({ jsonrpc: "2.0", id: 0, method: "initialize", params: state.initializeParams });
			}
		} else {
			this.#transport = new StreamableHttpTransport(this.getSessionId(), this.#storage, sendToStream);
			await this.server.connect(this.#transport);
		}
	}

	/**
	 * Answers a POST to `/mcp`: JSON-RPC messages of one caller, in the one call that a POST costs.
	 *
	 * @returns what the client gets: an event stream with the answers, 202 for notifications, or a JSON-RPC error
	 */
	async post(request: McpRequest, caller: Caller): Promise<Response> {
		await this.__unsafe_ensureInitialized();
		const transport = this.#transport;
		if (!(transport instanceof StreamableHttpTransport)) return sessionNotFound();
		const { url, headers, message } = request;
		// An id that was handed out before is not to be opened again.
		if (!this.#isOpen && SESSION_HEADER in headers) return this.#gone();
		await this.#touch();
		return runAs(caller, () =>
			transport.handleRequest(new Request(url, { method: "POST", headers }), { parsedBody: message }),
		);
	}

	/** Takes a message posted to `/sse/message`; its answer goes to the session's stream. */
	async postMessage(body: unknown, caller: Caller): Promise<Response> {
		await this.__unsafe_ensureInitialized();
		const transport = this.#transport;
		if (!(transport instanceof SseTransport) || [...this.getConnections()].length === 0) return this.#gone();
		const message = JSONRPCMessageSchema.parse(body);
		if (isInitializeRequest(message)) {
			await this.#storage.set({ initialized: true, initializeParams: message.params });
		}
		await this.#touch();
		runAs(caller, () => transport.onmessage?.(message));
		return new Response(null, { status: 202 });
	}

	/** Ends the session: its streams close, its storage goes, its id is never known again. */
	async terminate(): Promise<Response> {
		await this.__unsafe_ensureInitialized();
		if (!this.#isOpen) return this.#gone();
		await this.#end();
		return new Response(null, { status: 204 });
	}

	/** The client's event stream: a WebSocket, so that the object can hibernate while the client waits. */
	override async fetch(request: Request): Promise<Response> {
		await this.__unsafe_ensureInitialized();
		if (this.getTransportType() !== "sse" && !this.#isOpen) return this.#gone();
		return super.fetch(request);
	}

	/** One stream a session: a client that lost its connection takes over from the one that may still look open. */
	override async onConnect(connection: { id: string }): Promise<void> {
		for (const other of this.getConnections()) {
			if (other.id !== connection.id) other.close(1000, "Replaced by a newer stream");
		}
		await this.#touch();
	}

	/** An HTTP+SSE session is its stream. */
	override async onClose(): Promise<void> {
		if (this.getTransportType() === "sse") await this.#end();
	}

	/** The bridge reads JSON-RPC only, so the Agent's own greeting stays unsent. */
	override shouldSendProtocolMessages(): boolean {
		return false;
	}

	/** Deletes the session if it was idle for too long; called by its alarm. */
	async expire(): Promise<void> {
		const idleSeconds = nowSeconds() - this.#lastUsedSeconds;
		if (idleSeconds < SESSION_IDLE_SECONDS) {
			await this.schedule(SESSION_IDLE_SECONDS - idleSeconds + LAST_USED_PRECISION_SECONDS, "expire");
			return;
		}
		this.#isOpen = false;
		this.#isEmpty = true;
		// Not #end: an alarm still needs the tables that it would delete.
		await this.destroy();
	}

	async #touch(): Promise<void> {
		const now = nowSeconds();
		if (now - this.#lastUsedSeconds < LAST_USED_PRECISION_SECONDS) return;
		const isNew = this.#lastUsedSeconds === 0;
		this.#lastUsedSeconds = now;
		await this.ctx.storage.put(LAST_USED_KEY, now);
		if (isNew) await this.schedule(SESSION_IDLE_SECONDS, "expire");
	}

	async #end(): Promise<void> {
		this.#isOpen = false;
		await this.server.close();
		for (const connection of this.getConnections()) connection.close(1000, "Session ended");
		await this.#deleteStorage();
	}

	/** Answers for a session that ended, and removes what waking its object wrote. */
	async #gone(): Promise<Response> {
		await this.#deleteStorage();
		return sessionNotFound();
	}

	/** The alarm goes too; this object answers "not found" until it is evicted. */
	async #deleteStorage(): Promise<void> {
		if (this.#isEmpty) return;
		await this.ctx.storage.deleteAll();
		this.#isEmpty = true;
	}

	/** What the client said when it initialized: its capabilities, name and protocol version. */
	get #storage(): MCPStorageApi {
		return {
			get: () => this.ctx.storage.get<TransportState>(STATE_KEY),
			set: async (state) => {
				await this.ctx.storage.put(STATE_KEY, state);
				this.#isOpen = true;
			},
		};
	}
}

function nowSeconds(): number {
	return Math.floor(Date.now() / 1000);
}
