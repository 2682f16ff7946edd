/**
 * One MCP session of the 2025 era in one Durable Object. Everything that touches the internals of McpAgent is here.
 *
 * A stock McpAgent keeps the first request's props, answers a POST in three calls and four storage writes, and takes
 * any session id. This one is told the caller with each message, in the same call; it stores what the client said
 * when it initialized, and when it was last used, and nothing of who is calling.
 */
import { isInitializeRequest, type McpServer, parseJSONRPCMessage } from "@modelcontextprotocol/server";
import type { Connection, ConnectionContext } from "agents";
import { McpAgent } from "agents/mcp";
import { type Catalogue, catalogue } from "../catalogue.ts";
import { type Caller, runAs } from "./caller.ts";
import { EventLog, isStandaloneEvent } from "./event-log.ts";
import { eventOf } from "./event-stream.ts";
import { idOf, sessionNotFound, tooManyCalls } from "./json-rpc.ts";
import { cancelledRequests, requests } from "./message.ts";
import { createServer } from "./server.ts";
import { type Change, LAST_EVENT_HEADER, type McpRequest, SESSION_HEADER } from "./session.ts";
import { LAST_USED_PRECISION_SECONDS, SESSION_IDLE_SECONDS, SessionRecord } from "./session-record.ts";
import { openStandaloneStream } from "./standalone-stream.ts";
import { Subscriptions } from "./subscriptions.ts";
import { type SendToStream, SseTransport, StreamableHttpTransport } from "./transports.ts";

/** Requests of one session that wait for their answers: each holds its arguments in memory that others share. */
const MAX_PENDING = 64;

export class RemoteMcp extends McpAgent<Env> {
	/** What is offered; a subclass may offer something else. */
	protected readonly catalogue: Catalogue = catalogue;
	readonly #record = new SessionRecord(this.ctx.storage);
	readonly #eventLog = new EventLog({
		sql: this.ctx.storage.sql,
		isOpen: () => this.#record.isOpen,
		deleteLater: (seconds) => this.ctx.waitUntil(this.schedule(seconds, "deleteOldEvents")),
	});
	readonly #subscriptions = new Subscriptions(this.ctx.storage.sql);
	#mcp: McpServer | undefined;
	#transport: StreamableHttpTransport | SseTransport | undefined;

	/** McpAgent's own paths take a server of the SDK's first version. None of them is used: one server serves all eras. */
	get server(): never {
		throw new Error("RemoteMcp connects its server itself");
	}

	async init(): Promise<void> {}

	/** Replaces McpAgent's, which stores the props it is given and connects a transport of its own. */
	override async onStart(): Promise<void> {
		const initialize = await this.#record.load();
		const mcp = createServer(this.env, this.catalogue, { logging: {}, resources: { subscribe: true } });
		this.#subscriptions.register(mcp, this.catalogue, this.env);
		const isSse = this.getTransportType() === "sse";
		const id = this.getSessionId();
		const sendToStream: SendToStream = (message, eventId) => {
			for (const connection of this.getConnections()) connection.send(eventOf(message, eventId));
		};
		const transport = isSse
			? new SseTransport(id, sendToStream)
			: new StreamableHttpTransport(id, this.#eventLog, sendToStream);
		await mcp.connect(transport);
		if (initialize) await transport.restore(initialize);
		this.#mcp = mcp;
		this.#transport = transport;
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
		if (!this.#record.isOpen && SESSION_HEADER in headers) return this.#gone(message);
		const ids = requests(message).map(({ id }) => id);
		if (ids.length > 0 && this.#eventLog.pending >= MAX_PENDING) return tooManyCalls(message);
		await this.#touch();
		const response = await runAs(caller, () =>
			this.#eventLog.deliver(ids, () =>
				transport.handleRequest(new Request(url, { method: "POST", headers }), { parsedBody: message }),
			),
		);
		for (const id of cancelledRequests(message)) this.#eventLog.cancel(id);
		if (isInitializeRequest(message) && response.ok) await this.#record.open(message);
		return response;
	}

	/** The rest of a POST's event stream that broke; undefined if the event is not of such a stream. */
	async resume({ url, headers }: Omit<McpRequest, "message">): Promise<Response | undefined> {
		await this.__unsafe_ensureInitialized();
		const transport = this.#transport;
		if (!(transport instanceof StreamableHttpTransport)) return sessionNotFound();
		if (!this.#record.isOpen) return this.#gone();
		const lastEventId = headers[LAST_EVENT_HEADER] ?? "";
		if (isStandaloneEvent(lastEventId)) return undefined;
		await this.#touch();
		return transport.resume(new Request(url, { headers }), lastEventId);
	}

	/** Takes a message posted to `/sse/message`; its answer goes to the session's stream. */
	async postMessage(body: unknown, caller: Caller): Promise<Response> {
		await this.__unsafe_ensureInitialized();
		const transport = this.#transport;
		if (!(transport instanceof SseTransport) || !this.#hasStream) return this.#gone(body);
		const message = parseJSONRPCMessage(body);
		if (requests(message).length > 0 && transport.pending >= MAX_PENDING) return tooManyCalls(message);
		if (isInitializeRequest(message)) await this.#record.open(message);
		await this.#touch();
		runAs(caller, () => transport.receive(message));
		return new Response(null, { status: 202 });
	}

	/** Ends the session: its streams close, its storage goes, its id is never known again. */
	async terminate(): Promise<Response> {
		await this.__unsafe_ensureInitialized();
		if (!this.#record.isOpen) return this.#gone();
		await this.#end();
		return new Response(null, { status: 204 });
	}

	/** The client's event stream: a WebSocket, so that the object can hibernate while the client waits. */
	override async fetch(request: Request): Promise<Response> {
		await this.__unsafe_ensureInitialized();
		if (this.getTransportType() !== "sse" && !this.#record.isOpen) return this.#gone();
		return super.fetch(request);
	}

	/**
	 * Tells the client what has changed, on its event stream; on the next one, if it comes back for what it missed.
	 *
	 * @returns false if nobody listens
	 */
	async announce(change: Change): Promise<boolean> {
		await this.__unsafe_ensureInitialized();
		if (!this.#record.isOpen) {
			// A stream whose client is about to initialize.
			if (this.#hasStream) return true;
			await this.#record.delete();
			return false;
		}
		if (!this.#hasStream && !(await this.#record.mayReconnect())) return false;
		if (this.#mcp) await this.#subscriptions.tell(this.#mcp, change);
		return true;
	}

	/** One stream a session: a client that lost its connection takes over from the one that may still look open. */
	override async onConnect(connection: Connection, { request }: ConnectionContext): Promise<void> {
		for (const other of this.getConnections()) {
			if (other.id !== connection.id) other.close(1000, "Replaced by a newer stream");
		}
		await this.#touch();
		if (this.getTransportType() === "sse") return;
		await openStandaloneStream(this.#eventLog, request.headers, (event) => connection.send(event));
	}

	override async onClose(): Promise<void> {
		// An HTTP+SSE session is its stream.
		if (this.getTransportType() === "sse") await this.#end();
		else await this.#record.streamClosed();
	}

	/** The bridge reads JSON-RPC only, so the Agent's own greeting stays unsent. */
	override shouldSendProtocolMessages(): boolean {
		return false;
	}

	/** Deletes the session if it was idle for too long; called by its alarm. */
	async expire(): Promise<void> {
		const { idleSeconds } = this.#record;
		if (idleSeconds < SESSION_IDLE_SECONDS) {
			await this.schedule(SESSION_IDLE_SECONDS - idleSeconds + LAST_USED_PRECISION_SECONDS, "expire");
			return;
		}
		this.#record.close();
		// Not the record's delete: an alarm still needs the tables that it would delete.
		await this.destroy();
	}

	/** Called by the object's alarm. */
	async deleteOldEvents(): Promise<void> {
		if (this.#record.isOpen) this.#eventLog.deleteOld();
	}

	get #hasStream(): boolean {
		return [...this.getConnections()].length > 0;
	}

	async #touch(): Promise<void> {
		if (await this.#record.touch()) await this.schedule(SESSION_IDLE_SECONDS, "expire");
	}

	async #end(): Promise<void> {
		for (const connection of this.getConnections()) connection.close(1000, "Session ended");
		await Promise.all([this.#record.delete(), this.#mcp?.close()]);
	}

	/** Answers for a session that ended, and removes what waking its object wrote. */
	async #gone(message?: unknown): Promise<Response> {
		await this.#record.delete();
		return sessionNotFound(idOf(message));
	}
}
