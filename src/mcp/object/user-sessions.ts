/**
 * The catalogue's sessions in a user's object: calls that may take long or ask the user, log levels and subscriptions.
 * The principal comes with each message, and is not stored here.
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
import { idOf, JSON_RPC, sessionNotFound } from "../../http/json-rpc.ts";
import type { Change } from "../change.ts";
import { userContextOf } from "../context.ts";
import type { Server } from "../definition.ts";
import { eventOf } from "../event-stream.ts";
import { answerFor } from "../gated-answer.ts";
import { cancelledRequests, isResponse, requestedItems, requests, resourcesAt } from "../message.ts";
import { checkParams } from "../params.ts";
import { isPlacedCall, mayAsk } from "../place.ts";
import { plainCallOf } from "../plain-call.ts";
import { createServer } from "../sdk-server.ts";
import { type ClientClaims, capabilitiesOf, clientClaimsOf, type PlacedSession, type Session } from "../session-id.ts";
import type { Posted } from "../sessions.ts";
import { soonest } from "../soonest.ts";
import { Announcements } from "./announcements.ts";
import { Call, type Output } from "./call.ts";
import { History } from "./history.ts";
import { JsonOutput, StoredOutput } from "./outputs.ts";
import { PlacedSessions } from "./placed-sessions.ts";
import { type Port, type Socket, send } from "./port.ts";
import { TOO_MANY_SUBSCRIPTIONS } from "./session-table.ts";
import type { Stream } from "./streams.ts";

const MAX_URI_LENGTH = 1024;
const DEFAULT_VERSION = "2025-03-26";

export class UserSessions extends PlacedSessions {
	readonly #env: Env;
	readonly #server: Server;
	readonly #announcements: Announcements;
	readonly #history: History;
	/** The running calls by id. */
	readonly #calls = new Map<string, Call>();

	constructor(env: Env, server: Server, port: Port) {
		super(port);
		this.#env = env;
		this.#server = server;
		this.#history = new History(port.sql);
		this.#announcements = new Announcements(port, server.catalogue, this.table, this.streams);
	}

	/** Answers a POST to `/mcp`: with an event stream if a call may take long or ask the user, otherwise with JSON. */
	async post(session: PlacedSession, message: unknown, principal: Principal): Promise<Response> {
		if (this.table.hasEnded(session.id)) return sessionNotFound(idOf(message));
		this.#deliver(session, message);
		if (requests(message).length === 0) return new Response(null, { status: 202 });
		const id = crypto.randomUUID();
		if (!isPlacedCall(this.#server.catalogue, message, session)) {
			const output = new JsonOutput(Array.isArray(message));
			await this.#run(id, session, session, message, principal, output);
			return output.response;
		}
		const needs = requestedItems(this.#server.catalogue, message).map(({ name, scope, requires }) => {
			return { name, scope, ...(requires && { requires }) };
		});
		const ids = requests(message).map((request) => request.id);
		this.events.begin(id, { session: session.id, needs, requests: ids });
		const output = new StoredOutput(id, this.events);
		const response = output.open(session.version);
		await this.#run(id, session, session, message, principal, output);
		return response;
	}

	/** Accepts a message posted to `/sse/message`. The answer goes to the session's stream. */
	async postToSse(session: PlacedSession, { message: body }: Posted, principal: Principal): Promise<Response> {
		const found = this.streams.ofSession(session.id, "sse");
		if (!found) return sessionNotFound(idOf(body));
		const [socket] = found;
		const stream = this.streams.extend(found, principal);
		const { fitting, errors } = checkParams(body);
		// At this address, errors go to the stream too, because HTTP+SSE clients expect them there.
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
					const claims = clientClaimsOf(fitting.params.capabilities);
					socket.setState({ ...stream, ...claims, version: String(protocolVersion) });
				}
				send(socket, eventOf(message));
			},
			end: () => {},
		};
		const client = { ...stream, asks: stream.asks ?? [] };
		await this.#run(crypto.randomUUID(), session, client, fitting, principal, output);
		return accepted;
	}

	override openStream(socket: Socket, stream: Stream): void {
		super.openStream(socket, stream);
		this.#announcements.opened(socket, stream);
	}

	override streamClosed(state: unknown): void {
		this.#announcements.closed();
		super.streamClosed(state);
	}

	announce(change: Change): void {
		this.#announcements.announce(change);
	}

	logLevel(session: string) {
		return this.table.logLevel(session);
	}

	protected override tidyEvents(): number | undefined {
		return soonest([super.tidyEvents(), this.#announcements.tidy()]);
	}

	/** Passes messages on to running calls: answers to their questions, progress, and cancellations. */
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
		for (const call of this.#calls.values()) {
			if (call.session === session.id) for (const id of cancelled) call.cancel(id);
		}
	}

	/** The call of a session that asked the question with this id, and the question's number in the call. */
	#askedBy(session: Session, name: unknown): [Call | undefined, number] {
		const [, id = "", question] = /^(.+):(\d+)$/.exec(String(name)) ?? [];
		const call = this.#calls.get(id);
		return [call?.session === session.id ? call : undefined, Number(question)];
	}

	async #run(
		id: string,
		session: PlacedSession,
		client: ClientClaims & Pick<Session, "version">,
		message: unknown,
		principal: Principal,
		output: Output,
	): Promise<void> {
		const call = new Call({
			id,
			session: session.id,
			grantId: principal.grantId,
			requests: requests(message),
			output,
			logLevel: () => this.table.logLevel(session.id),
			onend: () => {
				this.#calls.delete(id);
				this.ended(id);
			},
		});
		this.#calls.set(id, call);
		this.begin(call, output);
		await runAs(principal, () => {
			const { clientId, grantId: grant } = principal;
			const onCall = (tool: string, outcome: string) =>
				this.#history.add({ event: "tool_call", client: clientId, grant, tool, outcome });
			const serving = {
				onCall,
				env: this.#env,
				server: this.#server,
				canAsk: true,
				clientCapabilities: () => capabilitiesOf(client),
			};
			const plain = plainCallOf(this.#server, message, principal, "object");
			if (plain) return call.startPlain(plain, serving);
			const server = createServer(this.#env, this.#server, { session: client, canAsk: true, onCall });
			this.#registerMethods(server, session);
			if (!mayAsk(this.#server.catalogue, message, client)) return call.run(server);
			return call.run(server, { capabilities: capabilitiesOf(client), version: client.version ?? DEFAULT_VERSION });
		});
	}

	/** Registers the methods for log levels and subscriptions. */
	#registerMethods({ server }: McpServer, session: PlacedSession): void {
		const { table } = this;
		server.setRequestHandler("logging/setLevel", ({ params: { level } }) => {
			table.setLogLevel(session.id, level, session.expiresAt);
			return {};
		});
		if (this.#server.catalogue.resources.length === 0) return;
		server.setRequestHandler("resources/subscribe", async ({ params: { uri } }) => {
			const [resource] = resourcesAt(this.#server.catalogue, uri);
			if (!resource || uri.length > MAX_URI_LENGTH) throw new ResourceNotFoundError(uri);
			const isKept = await answerFor(
				resource,
				userContextOf({ env: this.#env, server: this.#server }),
				this.#env,
				async () => table.subscribe(session.id, uri, session.expiresAt),
			);
			if (!isKept) throw new ProtocolError(ProtocolErrorCode.InvalidRequest, TOO_MANY_SUBSCRIPTIONS);
			return {};
		});
		server.setRequestHandler("resources/unsubscribe", ({ params: { uri } }) => {
			table.unsubscribe(session.id, uri);
			return {};
		});
	}
}

/** A session is opened once. */
export const ALREADY_INITIALIZED = {
	code: JSON_RPC.invalidRequest,
	message: "Invalid Request: Server already initialized",
} as const;
