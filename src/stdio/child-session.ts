/**
 * One session and its child. It passes messages between the client and the child unchanged, and reads only the parts
 * that show where a message belongs.
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

/** The limits of messages from a child that are kept while no client is listening. The oldest are dropped. */
const MAX_KEPT_MESSAGES = 100;
const MAX_KEPT_CHARACTERS = 1024 * 1024;
/** The limit of questions of a child that are remembered with their calls. */
const MAX_ASKED = 100;
const NOT_READ = "The MCP server does not read what it is sent. Try again later.";

export type ChildSessionOptions = {
	readonly id: string;
	readonly grantId: string;
	/** The user's login and permissions that the child was started with. If they change, a new child is needed. */
	readonly user: string;
	readonly pipe: Pipe;
	readonly events: Events;
	readonly streams: Streams;
	readonly idleSeconds: number;
	/** Called once, when the child has ended or has to end. */
	readonly onend: () => void;
};

type Told = { readonly message: JSONRPCMessage; readonly text: string };

export class ChildSession {
	readonly id: string;
	readonly user: string;
	/** The grant of the newest message. */
	grantId: string;
	readonly #options: ChildSessionOptions;
	/** The running calls, in the order of arrival. */
	readonly #calls = new Set<ChildCall>();
	/** The call that each question of the child belongs to, by the id of the question. */
	readonly #asked = new Map<RequestId, ChildCall>();
	/** Messages from the child that wait for a stream. The client may open its stream later, or never. */
	readonly #kept: Told[] = [];
	/** The number of the last event of the GET stream; undefined until a client opens the stream. */
	#sequence: number | undefined;
	#idle: ReturnType<typeof setTimeout> | undefined;
	#hasEnded = false;

	constructor(options: ChildSessionOptions) {
		this.#options = options;
		this.id = options.id;
		this.user = options.user;
		this.grantId = options.grantId;
		// The session may have begun before a restart.
		this.#sequence = options.events.after(this.id, 0).at(-1)?.sequence;
		options.pipe.onmessage = (text) => this.#fromChild(JSON.parse(text), text);
		options.pipe.onend = (reason) => this.#end(`${reason} Connect again.`);
		this.#touch();
	}

	/** Registers a call, before its requests are passed on. */
	begin(call: ChildCall): void {
		this.#calls.add(call);
		this.#tellKept();
	}

	/** Passes a message of the client to the child. @param text the original JSON text */
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

	/** Registers a call that began before a restart. The child is still working on it. */
	adopt(call: ChildCall): void {
		this.#calls.add(call);
	}

	ended(call: ChildCall): void {
		this.#calls.delete(call);
		for (const [id, asking] of this.#asked) if (asking === call) this.#asked.delete(id);
		this.#touch();
	}

	/** Cancels a request at the child (MCP 2025-11-25, cancellation). */
	cancel(requestId: RequestId, reason: string): void {
		const params = { requestId, reason };
		this.#options.pipe.send(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params }));
	}

	/** The client has opened a stream. If it had lost one before, it gets the missed events. */
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

	/** Ends the child and all running calls. @param reason a sentence for the client */
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
		if ("method" in message) {
			this.#kept.push({ message, text });
			this.#tellKept();
			this.#limitKept();
		} else if (message.id !== undefined) {
			this.#callOf(message.id)?.answer(message.id, message, text);
		}
	}

	/** Passes on the kept messages of the child, if the client can get them now. */
	#tellKept(): void {
		// If the client cannot get one of them, it cannot get those that follow either.
		while (this.#kept[0] && this.#tellClient(this.#kept[0])) this.#kept.shift();
	}

	#limitKept(): void {
		let characters = this.#kept.reduce((sum, { text }) => sum + text.length, 0);
		while (this.#kept.length > MAX_KEPT_MESSAGES || characters > MAX_KEPT_CHARACTERS) {
			characters -= this.#kept.shift()?.text.length ?? 0;
		}
	}

	/** @returns whether the message was passed on or stored */
	#tellClient({ message, text }: Told): boolean {
		const { streams, events } = this.#options;
		const [sse] = streams.ofSession(this.id, "sse") ?? [];
		const [get] = streams.ofSession(this.id, "get") ?? [];
		const call = this.#relatedTo(message, get !== undefined);
		if (call) {
			if ("id" in message && message.id !== undefined) {
				this.#remember(message.id, call);
				call.restartDeadline();
			}
			call.output.write(message, text);
			return true;
		}
		// A child keeps its session only while a client hears it.
		if (sse || get) this.#touch();
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

	/** Remembers that a question of the child belongs to a call. */
	#remember(question: RequestId, call: ChildCall): void {
		const [oldest] = this.#asked.keys();
		if (oldest !== undefined && this.#asked.size >= MAX_ASKED) this.#asked.delete(oldest);
		this.#asked.set(question, call);
	}

	/** The call of a progress message, or else the latest one with a listening client: the child does not name a call. */
	#relatedTo(message: JSONRPCMessage, hasOther: boolean): ChildCall | undefined {
		// The response to `initialize` cannot carry other messages.
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

/** A line end marks the end of a message to a child. Within a message, line ends are whitespace, so replace them. */
function oneLine(json: string): string {
	return json.replace(/[\r\n]+/g, " ");
}
