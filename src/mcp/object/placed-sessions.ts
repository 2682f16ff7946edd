/**
 * The parts of sessions that need a Durable Object: the event streams of clients, the running calls, and the events
 * stored for clients that reconnect. The subclasses answer the calls.
 */
import { RpcTarget } from "cloudflare:workers";
import type { Principal } from "../../auth/principal.ts";
import { sessionNotFound } from "../../http/json-rpc.ts";
import { eventOf, openEventStream } from "../event-stream.ts";
import { isAnswer } from "../outgoing.ts";
import type { PlacedSession } from "../session-id.ts";
import { soonest } from "../soonest.ts";
import { failureOf, type Output } from "./call.ts";
import { Events } from "./call-events.ts";
import { eventId, parseEventId, replay, StoredOutput } from "./outputs.ts";
import type { Port, Socket } from "./port.ts";
import { SessionTable } from "./session-table.ts";
import { readStream, type Stream, Streams } from "./streams.ts";

/** The limit of running calls per user: each holds its arguments in memory. If there are more, the oldest ends. */
const MAX_CALLS = 64;
const TOO_MANY = `There are more than ${MAX_CALLS} calls of yours that wait. This one, the oldest, has ended.`;
const INTERRUPTED = "The answer to this was lost, since the server was restarted or had too much to keep. Try again.";

/** A call that is not completely answered yet. */
export type RunningCall = {
	readonly id: string;
	readonly session: string;
	readonly grantId: string;
	/** Answers all unanswered requests with an error. @param why a sentence for the client */
	abort(why: string): void;
};

export abstract class PlacedSessions extends RpcTarget {
	protected readonly port: Port;
	protected readonly table: SessionTable;
	protected readonly events: Events;
	protected readonly streams: Streams;
	/** The running calls by id, the oldest first. */
	readonly #calls = new Map<string, { call: RunningCall; output: Output }>();

	constructor(port: Port) {
		super();
		this.port = port;
		this.table = new SessionTable(port.sql, port.tidyIn);
		this.events = new Events(port.sql, port.tidyIn);
		this.streams = new Streams(port);
	}

	protected begin(call: RunningCall, output: Output): void {
		const [oldest] = this.#calls.values();
		if (this.#calls.size >= MAX_CALLS) oldest?.call.abort(TOO_MANY);
		this.#calls.set(call.id, { call, output });
	}

	protected ended(id: string): void {
		this.#calls.delete(id);
	}

	/** The calls that are not completely answered yet. */
	protected running(): RunningCall[] {
		return [...this.#calls.values()].map(({ call }) => call);
	}

	/** Resumes the broken event stream of a POST, with the events that the client missed and those still to come. */
	async resume(session: PlacedSession, lastEventId: string, principal: Principal): Promise<Response | undefined> {
		if (this.table.hasEnded(session.id)) return sessionNotFound();
		const last = parseEventId(lastEventId);
		const call = last && this.events.call(last.stream, session.id, principal);
		if (!call) return undefined;
		const running = this.#calls.get(last.stream)?.output;
		if (running instanceof StoredOutput) return running.open(session.version, last.sequence);
		const { response, writer } = openEventStream();
		replay(writer, session.version, last.stream, last.sequence, this.events);
		// The server was restarted, or later events displaced these.
		const kept = this.events.after(last.stream, 0);
		if (!call.isComplete || kept[0]?.sequence !== 1) {
			const answered = kept.flatMap(({ message }) => (isAnswer(message) ? [message.id] : []));
			const lost = call.requests.filter((id) => !answered.includes(id));
			for (const id of lost) writer.write(eventOf(failureOf(id, INTERRUPTED), eventId(last.stream, 1_000_000)));
		}
		writer.end();
		return response;
	}

	/** Refuses a stream with 404 if its session has ended. */
	refuseStream({ session }: Stream): Response | undefined {
		return this.table.hasEnded(session) ? sessionNotFound() : undefined;
	}

	openStream(socket: Socket, stream: Stream): void {
		this.streams.add(socket, stream);
	}

	/** @param state the state of the stream's socket; an HTTP+SSE session ends with its stream */
	streamClosed(state: unknown): void {
		const stream = readStream(state);
		if (stream?.kind === "sse") this.endCalls(({ session }) => session === stream.session);
	}

	/** @returns false if the session had already ended */
	async endSession({ id, expiresAt }: PlacedSession): Promise<boolean> {
		if (this.table.hasEnded(id)) return false;
		this.table.end(id, expiresAt);
		this.endCalls(({ session }) => session === id);
		this.streams.endSession(id);
		this.events.deleteSession(id);
		return true;
	}

	/** The grants of the open streams, one entry for each stream. */
	openStreams(): string[] {
		return this.streams.all().map(([, { grantId }]) => grantId);
	}

	endGrant(grantId: string): void {
		this.endCalls((call) => call.grantId === grantId);
		this.streams.endGrant(grantId);
	}

	/** Deletes expired data. The object's alarm calls it. @returns whether nothing is left */
	tidy(): boolean {
		const next = soonest([this.table.tidy(), this.tidyEvents()]);
		if (next !== undefined) this.port.tidyIn(next);
		return next === undefined;
	}

	/** @returns seconds until something is left to delete; undefined if nothing is */
	protected tidyEvents(): number | undefined {
		return this.events.tidy([...this.#calls.keys()]);
	}

	protected endCalls(isMeant: (call: RunningCall) => boolean): void {
		for (const call of this.running()) if (isMeant(call)) call.abort("This session has ended.");
	}
}
