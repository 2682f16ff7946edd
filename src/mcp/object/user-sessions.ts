/**
 * What needs a place in a user's object: the event streams of their clients, the calls that may take long or ask, and
 * what is kept for those who come back. It is told who calls with each message, and keeps nothing of them.
 */
import {
	isInitializeRequest,
	type JSONRPCNotification,
	type McpServer,
	ProtocolError,
	ProtocolErrorCode,
	ResourceNotFoundError,
} from "@modelcontextprotocol/server";
import { type Principal, runAs } from "../../auth/principal.ts";
import type { Catalogue } from "../../catalogue.ts";
import type { Change } from "../change.ts";
import { userContextOf } from "../context.ts";
import { eventOf, openEventStream } from "../event-stream.ts";
import { answerFor } from "../gated-answer.ts";
import { idOf, JSON_RPC, sessionNotFound } from "../json-rpc.ts";
import { cancelledRequests, isResponse, requestedItems, requests, resourcesAt } from "../message.ts";
import { isAnswer } from "../outgoing.ts";
import { checkParams } from "../params.ts";
import { isPlacedCall, mayAsk } from "../place.ts";
import { plainCallOf } from "../plain-call.ts";
import { createServer } from "../server.ts";
import { asksOf, capabilitiesOf, type Session } from "../session-id.ts";
import type { PlacedSession } from "../user-object.ts";
import { Call, failureOf, type Output } from "./call.ts";
import { Events, RECONNECT_SECONDS } from "./call-events.ts";
import { eventId, JsonOutput, parseEventId, replay, StoredOutput } from "./outputs.ts";
import { type Port, type Socket, send } from "./port.ts";
import { SessionTable, TOO_MANY_SUBSCRIPTIONS } from "./session-table.ts";
import { type Stream, Streams } from "./streams.ts";

/** Calls of one user that wait: each holds its arguments in memory. Of more, the oldest ends. */
const MAX_CALLS = 64;
const MAX_URI_LENGTH = 1024;
const DEFAULT_VERSION = "2025-03-26";

const TOO_MANY = `There are more than ${MAX_CALLS} calls of yours that wait. This one, the oldest, has ended.`;
const INTERRUPTED = "The answer to this was lost, since the server was restarted or had too much to keep. Try again.";

export class UserSessions {
	readonly #env: Env;
	readonly #catalogue: Catalogue;
	readonly #port: Port;
	readonly #sessions: SessionTable;
	readonly #events: Events;
	readonly #streams: Streams;
	/** By id, the oldest first. */
	readonly #calls = new Map<string, { call: Call; output: Output }>();

	constructor(env: Env, catalogue: Catalogue, port: Port) {
		this.#env = env;
		this.#catalogue = catalogue;
		this.#port = port;
		this.#sessions = new SessionTable(port.sql, port.tidyIn);
		this.#events = new Events(port.sql, port.tidyIn);
		this.#streams = new Streams(port, catalogue, this.#sessions);
	}

	/** Answers a POST to `/mcp`: as JSON what is answered at once, calls that may take long or ask as an event stream. */
	async post(session: PlacedSession, message: unknown, principal: Principal): Promise<Response> {
		if (this.#sessions.hasEnded(session.id)) return sessionNotFound(idOf(message));
		this.#deliver(session, message);
		if (requests(message).length === 0) return new Response(null, { status: 202 });
		const id = crypto.randomUUID();
		if (!isPlacedCall(this.#catalogue, message, session)) {
			const output = new JsonOutput(Array.isArray(message));
			await this.#run(id, session, session, message, principal, output);
			return output.response;
		}
		const needs = requestedItems(this.#catalogue, message).map(({ name, scope, requires }) => {
			return { name, scope, ...(requires && { requires }) };
		});
		const ids = requests(message).map((request) => request.id);
		this.#events.begin(id, { session: session.id, needs, requests: ids });
		const output = new StoredOutput(id, this.#events);
		const response = output.open(session.version);
		await this.#run(id, session, session, message, principal, output);
		return response;
	}

	/** Takes a message posted to `/sse/message`; its answer goes to the session's stream. */
	async postToSse(session: PlacedSession, body: unknown, principal: Principal): Promise<Response> {
		const found = this.#streams.ofSse(session.id);
		if (!found) return sessionNotFound(idOf(body));
		const [socket] = found;
		const stream = this.#streams.extend(found, principal);
		const { fitting, errors } = checkParams(body);
		// At this address also errors go to the stream: a client of this era waits for them there.
		for (const error of errors) send(socket, eventOf(error));
		const accepted = new Response(null, { status: 202 });
		if (fitting === undefined) return accepted;
		this.#deliver(session, fitting);
		if (requests(fitting).length === 0) return accepted;
		if (isInitializeRequest(fitting) && stream.asks) {
			const { message, code } = ALREADY_INITIALIZED;
			send(socket, eventOf({ jsonrpc: "2.0", id: idOf(fitting) ?? undefined, error: { code, message } }));
			return accepted;
		}
		const output: Output = {
			write: (message) => {
				if (isInitializeRequest(fitting) && "result" in message) {
					const { protocolVersion } = message.result;
					const asks = asksOf(fitting.params.capabilities);
					socket.setState({ ...stream, asks, version: String(protocolVersion) });
				}
				send(socket, eventOf(message));
			},
			end: () => {},
		};
		const client = { asks: stream.asks ?? [], version: stream.version };
		await this.#run(crypto.randomUUID(), session, client, fitting, principal, output);
		return accepted;
	}

	/** The rest of the answer to a POST whose stream broke, and what is still to come. */
	resume(session: PlacedSession, lastEventId: string, principal: Principal): Response | undefined {
		if (this.#sessions.hasEnded(session.id)) return sessionNotFound();
		const last = parseEventId(lastEventId);
		const call = last && this.#events.call(last.stream, session.id, principal);
		if (!call) return undefined;
		const running = this.#calls.get(last.stream)?.output;
		if (running instanceof StoredOutput) return running.open(session.version, last.sequence);
		const { response, writer } = openEventStream();
		replay(writer, session.version, last.stream, last.sequence, this.#events);
		// The server was restarted, or what came later took the room.
		const kept = this.#events.after(last.stream, 0);
		if (!call.isComplete || kept[0]?.sequence !== 1) {
			const answered = kept.flatMap(({ message }) => (isAnswer(message) ? [message.id] : []));
			const lost = call.requests.filter((id) => !answered.includes(id));
			for (const id of lost) writer.write(eventOf(failureOf(id, INTERRUPTED), eventId(last.stream, 1_000_000)));
		}
		writer.end();
		return response;
	}

	/** Whether a stream may be opened: 404 for one of a session that has ended. */
	refuseStream({ session }: Stream): Response | undefined {
		return this.#sessions.hasEnded(session) ? sessionNotFound() : undefined;
	}

	openStream(socket: Socket, stream: Stream): void {
		this.#streams.open(socket, stream);
	}

	/** An HTTP+SSE session is its stream. */
	streamClosed(state: unknown): void {
		const stream = this.#streams.closed(state);
		if (stream?.kind === "sse") this.#endCalls(({ session }) => session === stream.session);
	}

	/** @returns false if it had ended before */
	endSession({ id, expiresAt }: PlacedSession): boolean {
		if (this.#sessions.hasEnded(id)) return false;
		this.#sessions.end(id, expiresAt);
		this.#endCalls(({ session }) => session === id);
		this.#streams.endSession(id);
		this.#events.deleteSession(id);
		return true;
	}

	endGrant(grantId: string): void {
		this.#endCalls((call) => call.grantId === grantId);
		this.#streams.endGrant(grantId);
	}

	announce(change: Change): void {
		this.#streams.announce(change);
	}

	logLevel(session: string) {
		return this.#sessions.logLevel(session);
	}

	/** Deletes what nobody comes back for any more; called by the object's alarm. */
	tidy(): void {
		const next = this.#sessions.tidy();
		const isLeft = [this.#events.tidy([...this.#calls.keys()]), this.#streams.tidy()].includes(true);
		if (isLeft) this.#port.tidyIn(RECONNECT_SECONDS);
		else if (next !== undefined) this.#port.tidyIn(next);
	}

	/** Hands on what belongs to calls that wait: answers to their questions, and cancellations. */
	#deliver(session: Session, message: unknown): void {
		const messages: unknown[] = Array.isArray(message) ? message : [message];
		for (const one of messages) {
			const { method, params } = Object(one);
			if (isResponse(one)) {
				const [call, question] = this.#askedBy(session, one.id);
				call?.answer(question, one);
			} else if (method === "notifications/progress") {
				const [call, question] = this.#askedBy(session, Object(params).progressToken);
				call?.progress(question, one as JSONRPCNotification);
			}
		}
		const cancelled = cancelledRequests(message);
		for (const { call } of this.#calls.values()) {
			if (call.session === session.id) for (const id of cancelled) call.cancel(id);
		}
	}

	/** The call of a session that asked a question by this name, and the number that it has there. */
	#askedBy(session: Session, name: unknown): [Call | undefined, number] {
		const [, id = "", question] = /^(.+):(\d+)$/.exec(String(name)) ?? [];
		const call = this.#calls.get(id)?.call;
		return [call?.session === session.id ? call : undefined, Number(question)];
	}

	async #run(
		id: string,
		session: PlacedSession,
		client: Pick<Session, "asks" | "version">,
		message: unknown,
		principal: Principal,
		output: Output,
	): Promise<void> {
		const [oldest] = this.#calls.values();
		if (this.#calls.size >= MAX_CALLS) oldest?.call.abort(TOO_MANY);
		const call = new Call({
			id,
			session: session.id,
			grantId: principal.grantId,
			requests: requests(message),
			output,
			logLevel: () => this.#sessions.logLevel(session.id),
			onend: () => this.#calls.delete(id),
		});
		this.#calls.set(id, { call, output });
		await runAs(principal, () => {
			const serving = { env: this.#env, canAsk: true, clientCapabilities: () => capabilitiesOf(client) };
			const plain = plainCallOf(this.#catalogue, message, principal, "object");
			if (plain) return call.startPlain(plain, serving);
			const server = createServer(this.#env, this.#catalogue, { session: client, canAsk: true });
			this.#registerMethods(server, session);
			if (!mayAsk(this.#catalogue, message, client)) return call.run(server);
			return call.run(server, { capabilities: capabilitiesOf(client), version: client.version ?? DEFAULT_VERSION });
		});
	}

	/** The methods that are about the session itself. */
	#registerMethods({ server }: McpServer, session: PlacedSession): void {
		const table = this.#sessions;
		server.setRequestHandler("logging/setLevel", ({ params: { level } }) => {
			table.setLogLevel(session.id, level, session.expiresAt);
			return {};
		});
		if (this.#catalogue.resources.length === 0) return;
		server.setRequestHandler("resources/subscribe", async ({ params: { uri } }) => {
			const [resource] = resourcesAt(this.#catalogue, uri);
			if (!resource || uri.length > MAX_URI_LENGTH) throw new ResourceNotFoundError(uri);
			const isKept = await answerFor(resource, userContextOf(this.#env), this.#env, async () =>
				table.subscribe(session.id, uri, session.expiresAt),
			);
			if (!isKept) throw new ProtocolError(ProtocolErrorCode.InvalidRequest, TOO_MANY_SUBSCRIPTIONS);
			return {};
		});
		server.setRequestHandler("resources/unsubscribe", ({ params: { uri } }) => {
			table.unsubscribe(session.id, uri);
			return {};
		});
	}

	#endCalls(isMeant: (call: Call) => boolean): void {
		for (const { call } of [...this.#calls.values()]) if (isMeant(call)) call.abort("This session has ended.");
	}
}

/** A session is opened once. */
export const ALREADY_INITIALIZED = {
	code: JSON_RPC.invalidRequest,
	message: "Invalid Request: Server already initialized",
} as const;
