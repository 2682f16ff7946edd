/**
 * One session of the eras that have them, and its child: passes messages between the two as they were written, and looks
 * only at what says where they belong.
 */
import { isJSONRPCRequest, type JSONRPCMessage, type RequestId } from "@modelcontextprotocol/server";
import { emptyEvent, eventOf, takesEmptyEvents } from "../mcp/event-stream.ts";
import { failureOf } from "../mcp/object/call.ts";
import type { Events } from "../mcp/object/call-events.ts";
import { eventId, parseEventId } from "../mcp/object/outputs.ts";
import { type Socket, send } from "../mcp/object/port.ts";
import { STANDALONE_STREAM, type Stream, type Streams } from "../mcp/object/streams.ts";
import type { ChildCall } from "./child-call.ts";
import type { Pipe } from "./pipe.ts";

/** What a child says while nobody listens is kept up to here. */
const MAX_KEPT_MESSAGES = 100;
const NOT_READ = "The MCP server does not read what it is sent. Try again later.";

export type ChildSessionOptions = {
	readonly id: string;
	readonly grantId: string;
	/** Who the child was told that calls; with other permissions it is another child. */
	readonly user: string;
	readonly pipe: Pipe;
	readonly events: Events;
	readonly streams: Streams;
	readonly idleSeconds: number;
	/** Called once, when the child has ended or is of no use any more. */
	readonly onend: () => void;
};

type Told = { readonly message: JSONRPCMessage; readonly text: string };

export class ChildSession {
	readonly id: string;
	readonly user: string;
	/** The grant of the newest message. */
	grantId: string;
	readonly #options: ChildSessionOptions;
	/** In the order of arrival. */
	readonly #calls = new Set<ChildCall>();
	/** Which call the child has asked something in, by the id of its question. */
	readonly #asked = new Map<RequestId, ChildCall>();
	/** A client opens its stream some time after the child has begun to talk, or never. */
	readonly #kept: Told[] = [];
	/** The number of the last event of the stream that belongs to no call; undefined until a client opens it. */
	#sequence: number | undefined;
	#idle: ReturnType<typeof setTimeout> | undefined;
	#hasEnded = false;

	constructor(options: ChildSessionOptions) {
		this.#options = options;
		this.id = options.id;
		this.user = options.user;
		this.grantId = options.grantId;
		// Of a session that began before a restart.
		this.#sequence = options.events.after(this.id, 0).at(-1)?.sequence;
		options.pipe.onmessage = (text) => this.#fromChild(JSON.parse(text), text);
		options.pipe.onend = (reason) => this.#end(`${reason} Connect again.`);
		this.#touch();
	}

	/** Takes note of a call, whose requests are told next. */
	begin(call: ChildCall): void {
		this.#calls.add(call);
		this.#tellKept();
	}

	/** Hands on what the client says. @param text the message as it was written */
	tell(message: JSONRPCMessage, text: string): void {
		this.#touch();
		if (!("method" in message)) {
			if (message.id === undefined) return;
			this.#asked.get(message.id)?.restartDeadline();
			this.#asked.delete(message.id);
		} else if (message.method === "notifications/cancelled") {
			const id = message.params?.requestId;
			if (typeof id === "string" || typeof id === "number") this.#callOf(id)?.cancel(id);
		}
		const isSent = this.#options.pipe.send(oneLine(text));
		if (!isSent && isJSONRPCRequest(message)) {
			this.#callOf(message.id)?.answer(message.id, failureOf(message.id, NOT_READ));
		}
	}

	/** A call that began before a restart; its child works on it. */
	adopt(call: ChildCall): void {
		this.#calls.add(call);
	}

	ended(call: ChildCall): void {
		this.#calls.delete(call);
		for (const [id, asking] of this.#asked) if (asking === call) this.#asked.delete(id);
		this.#touch();
	}

	/** Tells the child that nobody waits for an answer any more (MCP 2025-11-25, cancellation). */
	cancel(requestId: RequestId, reason: string): void {
		const params = { requestId, reason };
		this.#options.pipe.send(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params }));
	}

	/** The client has opened the stream of what belongs to no call; it may have lost one before. */
	openStream(socket: Socket, { kind, version, lastEventId }: Stream): void {
		if (kind === "get") {
			const last = lastEventId === undefined ? undefined : parseEventId(lastEventId);
			this.#sequence ??= 0;
			const begin = last?.stream === STANDALONE_STREAM ? last.sequence : this.#sequence;
			if (takesEmptyEvents(version ?? null)) send(socket, emptyEvent(eventId(STANDALONE_STREAM, begin)));
			for (const { sequence, text } of this.#options.events.after(this.id, begin)) {
				send(socket, eventOf(text, eventId(STANDALONE_STREAM, sequence)));
			}
		}
		this.#tellKept();
	}

	/** Ends the child; calls that wait are answered. @param reason for the client */
	end(reason: string): void {
		this.#options.pipe.end();
		this.#end(reason);
	}

	#end(reason: string): void {
		if (this.#hasEnded) return;
		this.#hasEnded = true;
		clearTimeout(this.#idle);
		for (const call of [...this.#calls]) call.abort(reason);
		this.#options.onend();
	}

	#callOf(id: RequestId): ChildCall | undefined {
		return [...this.#calls].findLast((call) => call.waitsFor(id));
	}

	#fromChild(message: JSONRPCMessage, text: string): void {
		this.#touch();
		if ("method" in message) {
			this.#kept.push({ message, text });
			if (this.#kept.length > MAX_KEPT_MESSAGES) this.#kept.shift();
			this.#tellKept();
		} else if (message.id !== undefined) {
			this.#callOf(message.id)?.answer(message.id, message, text);
		}
	}

	/** Passes on what the child said, to where it belongs now. */
	#tellKept(): void {
		for (const told of this.#kept.splice(0)) if (!this.#tellClient(told)) this.#kept.push(told);
	}

	/** @returns whether there is anybody to tell */
	#tellClient({ message, text }: Told): boolean {
		const { streams, events } = this.#options;
		const [sse] = streams.ofSession(this.id, "sse") ?? [];
		const [get] = streams.ofSession(this.id, "get") ?? [];
		const call = this.#relatedTo(message, get !== undefined);
		if (call) {
			if ("id" in message && message.id !== undefined) {
				this.#asked.set(message.id, call);
				call.restartDeadline();
			}
			call.output.write(message, text);
			return true;
		}
		if (sse) {
			send(sse, eventOf(text));
			return true;
		}
		if (this.#sequence === undefined) return false;
		this.#sequence++;
		events.add(this.id, this.#sequence, text);
		if (get) send(get, eventOf(text, eventId(STANDALONE_STREAM, this.#sequence)));
		return true;
	}

	/** The call whose progress a message tells; or else the most recent one that is listened to: the child does not say. */
	#relatedTo(message: JSONRPCMessage, hasOther: boolean): ChildCall | undefined {
		// An answer to `initialize` takes nothing beside it.
		const calls = [...this.#calls].filter(({ output }) => output.isHeard);
		const token = "params" in message ? message.params?.progressToken : undefined;
		const heard = calls.findLast(({ output }) => output.isHeard?.());
		return calls.find((call) => call.hasProgressToken(token)) ?? heard ?? (hasOther ? undefined : calls.at(-1));
	}

	#touch(): void {
		clearTimeout(this.#idle);
		if (this.#hasEnded || this.#calls.size > 0) return;
		this.#idle = setTimeout(() => this.end("Nothing was said for a long time."), this.#options.idleSeconds * 1000);
	}
}

/** Messages to a child end with their line; within one, a line's end can only be a blank. */
function oneLine(json: string): string {
	return json.replace(/[\r\n]+/g, " ");
}
