/** One client with one child, of the eras that have sessions: passes messages between them, and interprets as little as it can. */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage, JSONRPCRequest, RequestId } from "@modelcontextprotocol/sdk/types.js";
import { JSON_RPC } from "./answers.ts";
import type { Caller } from "./caller.ts";
import type { Child } from "./child.ts";
import { InFlight } from "./in-flight.ts";
import { log, messageOf, shorten } from "./log.ts";
import type { Limits } from "./options.ts";

/** What a child says while nobody listens is kept up to here. */
const MAX_KEPT_MESSAGES = 100;

export type SessionParts = {
	readonly id: string;
	readonly caller: Caller;
	readonly client: Transport;
	/** Starts the child; or says why there is none. */
	readonly start: () => Child | string;
	readonly limits: Limits;
};

export class Session {
	readonly id: string;
	/** Called when a client gives a request up: there will be no answer. */
	oncancelled: (id: RequestId) => void = () => {};
	/** Called once, as soon as it ends; with what resolves when nothing of it is left. */
	onend: (ending: Promise<void>) => void = () => {};
	readonly #caller: Caller;
	readonly #client: Transport;
	readonly #start: () => Child | string;
	readonly #limits: Limits;
	readonly #inFlight = new InFlight();
	readonly #idle: NodeJS.Timeout;
	#child: Child | undefined;
	#initializing: { readonly id: RequestId; readonly timer: NodeJS.Timeout } | undefined;
	/** The stream that belongs to no request; older clients have no other. */
	#stream: object | undefined;
	/** A client opens its stream some time after the child has begun to talk, or never. */
	#kept: JSONRPCMessage[] = [];
	#ending: Promise<void> | undefined;

	constructor({ id, caller, client, start, limits }: SessionParts) {
		this.id = id;
		this.#caller = caller;
		this.#client = client;
		this.#start = start;
		this.#limits = limits;
		this.#idle = setTimeout(() => this.#onIdle(), limits.idleMilliseconds);
		client.onmessage = (message) => this.#fromClient(message);
		client.onclose = () => void this.end("The session was closed.");
		client.onerror = (error) => log("client_error", { session: id, message: shorten(error.message) });
	}

	/** Whether a request may reach it. Its child has got the caller's permissions, and does not hear of a change. */
	belongsTo({ id, clientId, permissions }: Caller): boolean {
		const { id: ownId, clientId: ownClientId, permissions: own } = this.#caller;
		return id === ownId && clientId === ownClientId && permissions === own;
	}

	/**
	 * The stream is there that belongs to no request. What was kept for it goes out.
	 *
	 * @returns to be called when the stream is gone
	 */
	openStream(): () => void {
		const stream = {};
		this.#stream = stream;
		this.#sendKept();
		return () => {
			if (this.#stream === stream) this.#stream = undefined;
		};
	}

	/** The client does not listen for these answers any more. */
	unheard(ids: readonly RequestId[]): void {
		for (const id of ids) this.#inFlight.unheard(id);
	}

	/**
	 * Ends the session for the client, then the child. Resolves when nothing of it is left.
	 *
	 * @param reason what requests in flight are answered
	 */
	end(reason: string): Promise<void> {
		if (this.#ending) return this.#ending;
		// A moment later, so that what this sets off finds that it has ended.
		this.#ending = Promise.resolve().then(() => this.#end(reason));
		this.onend(this.#ending);
		return this.#ending;
	}

	async #end(reason: string): Promise<void> {
		clearTimeout(this.#idle);
		clearTimeout(this.#initializing?.timer);
		log("session_end", { session: this.id, reason });
		const error = { code: JSON_RPC.transport, message: reason };
		for (const id of this.#inFlight.ids()) this.#toClient({ jsonrpc: "2.0", id, error });
		await this.#client.close();
		await this.#child?.end();
	}

	#fromClient(message: JSONRPCMessage): void {
		this.#idle.refresh();
		if ("method" in message && "id" in message) this.#request(message);
		if ("method" in message && message.method === "notifications/cancelled") {
			const id = message.params?.requestId;
			const isCancelled = (typeof id === "string" || typeof id === "number") && this.#inFlight.remove(id);
			if (isCancelled) this.oncancelled(id);
			if (isCancelled && id === this.#initializing?.id) clearTimeout(this.#initializing.timer);
		}
		this.#child ??= this.#startChild();
		this.#child?.send(message);
	}

	/** With the first message, so that it is answered with what went wrong. */
	#startChild(): Child | undefined {
		if (this.#ending) return;
		const child = this.#start();
		if (typeof child === "string") return void this.end(child);
		child.onmessage = (message) => this.#fromChild(message);
		child.onend = (reason) => void this.end(`${reason} Connect again.`);
		return child;
	}

	#request(request: JSONRPCRequest): void {
		this.#inFlight.add(request);
		if (request.method === "initialize") {
			const milliseconds = this.#limits.initializeMilliseconds;
			const reason = `The MCP server did not answer within ${milliseconds / 1000} seconds.`;
			clearTimeout(this.#initializing?.timer);
			this.#initializing = { id: request.id, timer: setTimeout(() => void this.end(reason), milliseconds) };
		}
		this.#sendKept();
	}

	#fromChild(message: JSONRPCMessage): void {
		this.#idle.refresh();
		if ("method" in message) {
			this.#kept.push(message);
			this.#sendKept();
			return;
		}
		const { id } = message;
		// An answer to nothing, or to what was cancelled.
		if (id === undefined || !this.#inFlight.remove(id)) return;
		if (id === this.#initializing?.id) clearTimeout(this.#initializing.timer);
		this.#toClient(message);
	}

	#sendKept(): void {
		if (this.#stream || this.#inFlight.hasHeard()) {
			const messages = this.#kept;
			this.#kept = [];
			for (const message of messages) this.#toClient(message, this.#inFlight.relatedTo(message));
		} else if (this.#kept.length > MAX_KEPT_MESSAGES) {
			this.#kept.shift();
			log("message_lost", { session: this.id });
		}
	}

	#toClient(message: JSONRPCMessage, relatedRequestId?: RequestId): void {
		const options = relatedRequestId === undefined ? {} : { relatedRequestId };
		this.#client.send(message, options).catch((error) => {
			log("undelivered", { session: this.id, message: messageOf(error) });
		});
	}

	#onIdle(): void {
		if (this.#inFlight.hasHeard()) this.#idle.refresh();
		else void this.end("Nothing was said for a long time.");
	}
}
