/**
 * The stdio sessions of a user. Each has a child at the other end of a pipe. Streams and calls work as in all other
 * sessions.
 */
import type { JSONRPCMessage, JSONRPCRequest } from "@modelcontextprotocol/server";
import type { Principal } from "../auth/principal.ts";
import { idOf, sessionNotFound } from "../http/json-rpc.ts";
import { eventOf } from "../mcp/event-stream.ts";
import type { Gated } from "../mcp/gate.ts";
import { requests } from "../mcp/message.ts";
import { failureOf, type Output } from "../mcp/object/call.ts";
import { StoredOutput } from "../mcp/object/outputs.ts";
import { PlacedSessions } from "../mcp/object/placed-sessions.ts";
import { type Port, type Socket, send } from "../mcp/object/port.ts";
import { readStream, type Stream, streamOf } from "../mcp/object/streams.ts";
import type { PlacedSession, Session } from "../mcp/session-id.ts";
import type { Posted } from "../mcp/sessions.ts";
import { type AskedRequest, ChildCall } from "./child-call.ts";
import { ChildSession } from "./child-session.ts";
import { Children, NEEDED } from "./children.ts";
import type { Stateless } from "./object.ts";
import type { Connect } from "./pipe.ts";
import { answerRefusal } from "./refusal.ts";
import { UserServers } from "./stateless/user-servers.ts";

const NO_VERSION = "The MCP server did not name a version of the protocol.";

export class StdioSessions extends PlacedSessions {
	readonly #env: Env;
	readonly #children: Children;
	readonly #servers: UserServers;

	constructor(env: Env, port: Port, connect: Connect) {
		super(port);
		this.#env = env;
		this.#children = new Children({
			env,
			connect,
			events: this.events,
			streams: this.streams,
			onresume: (child, principal) => this.#adoptCalls(child, principal),
			onend: (session, expiresAt) => this.#forget(session, expiresAt),
		});
		this.#servers = new UserServers(env, (principal) => this.#children.openPipe(crypto.randomUUID(), principal, true));
	}

	async open(session: Session, posted: Posted, principal: Principal): Promise<Response> {
		const id = idOf(posted.message);
		const child = await this.#children.find(session, principal, true);
		if (!(child instanceof ChildSession)) return answerRefusal(child, id, principal.requestId);
		const { promise, resolve } = Promise.withResolvers<{ message: JSONRPCMessage; text?: string | undefined }>();
		const write: Output["write"] = (message, text) => resolve({ message, text });
		this.#call(child, posted, principal, { write, end: () => {} });
		let { message, text } = await promise;
		if ("result" in message && !isVersion(Object(message.result).protocolVersion)) {
			message = failureOf(id ?? 0, NO_VERSION);
			text = undefined;
		}
		const isOpen = "result" in message;
		if (!isOpen) child.end("The session could not be opened.");
		// If there is no original text, the child did not answer, and this message explains why.
		const status = isOpen ? 200 : text === undefined ? 502 : 400;
		const headers = { "Content-Type": "application/json" };
		return new Response(text ?? JSON.stringify(message), { status, headers });
	}

	async prepareStream(session: Session, kind: "get" | "sse", principal: Principal): Promise<Response | undefined> {
		const child = await this.#children.find(session, principal, kind === "sse");
		if (child instanceof ChildSession) return undefined;
		const isNotStarted = child.status === 502 && child.isForPeople;
		if (kind === "get" || !isNotStarted) return answerRefusal(child, null, principal.requestId);
		// An HTTP+SSE client reads the reason on its stream only.
		this.#children.refuse(session, child);
		return undefined;
	}

	async post(session: PlacedSession, posted: Posted, principal: Principal): Promise<Response> {
		const child = await this.#children.find(session, principal);
		const asked = requests(posted.message);
		if (!(child instanceof ChildSession)) return answerRefusal(child, idOf(posted.message), principal.requestId);
		if (asked.length === 0) {
			for (const [message, text] of each(posted)) child.tell(message, text);
			return new Response(null, { status: 202 });
		}
		const id = crypto.randomUUID();
		this.events.begin(id, { session: session.id, needs: asked.map(needsOf), requests: asked.map(({ id }) => id) });
		const output = new StoredOutput(id, this.events);
		const response = output.open(session.version);
		this.#call(child, posted, principal, output, id);
		return response;
	}

	async postToSse(session: PlacedSession, posted: Posted, principal: Principal): Promise<Response> {
		const found = this.streams.ofSession(session.id, "sse");
		if (!found) return sessionNotFound(idOf(posted.message));
		const child = await this.#children.find(session, principal);
		const [socket] = found;
		if (!(child instanceof ChildSession)) {
			for (const { id } of requests(posted.message)) send(socket, eventOf(failureOf(id, child.sentence)));
			socket.close(1011, "The MCP server is gone");
			return new Response(null, { status: 202 });
		}
		this.streams.extend(found, principal);
		const write: Output["write"] = (message, text) => send(socket, eventOf(text ?? message));
		this.#call(child, posted, principal, { write, end: () => {}, isHeard: () => true });
		return new Response(null, { status: 202 });
	}

	override async resume(
		session: PlacedSession,
		lastEventId: string,
		principal: Principal,
	): Promise<Response | undefined> {
		const child = await this.#children.find(session, principal);
		if (!(child instanceof ChildSession)) return answerRefusal(child, null, principal.requestId);
		return super.resume(session, lastEventId, principal);
	}

	/** Answers a message of 2026-07-28, or opens an event stream. */
	async fetch(request: Request, open: (stream: Stream) => Response): Promise<Response> {
		if (request.method === "POST") {
			const { message, principal } = await request.json<Stateless>();
			return this.#servers.answer(request, message, principal);
		}
		const stream = streamOf(request);
		return this.refuseStream(stream) ?? open(stream);
	}

	override refuseStream({ session }: Stream): Response | undefined {
		return this.#children.has(session) ? undefined : sessionNotFound();
	}

	override openStream(socket: Socket, stream: Stream): void {
		super.openStream(socket, stream);
		this.#children.withChild(stream.session, (child) => child.openStream(socket, stream));
	}

	override streamClosed(state: unknown): void {
		super.streamClosed(state);
		const stream = readStream(state);
		if (stream?.kind === "sse") this.#children.end(stream.session);
	}

	override async endSession(session: PlacedSession): Promise<boolean> {
		const wasOpen = this.#children.has(session.id) || this.events.has(session.id);
		await super.endSession(session);
		this.#children.end(session.id);
		return wasOpen;
	}

	override async endGrant(grantId: string): Promise<void> {
		super.endGrant(grantId);
		this.#servers.endGrant(grantId);
		await this.#children.endGrant(grantId);
	}

	protected override tidyEvents(): number | undefined {
		return this.events.tidy([...this.running().map(({ id }) => id), ...this.#children.sessions()]);
	}

	/** Called when the container, and so all children, have stopped. */
	stopped(): void {
		for (const session of this.#children.sessions()) this.#children.end(session);
		this.#servers.endAll();
	}

	/** Registers the calls that began before a restart of this object, and that the child is still working on. */
	#adoptCalls(child: ChildSession, principal: Principal): void {
		for (const { id, requests: ids, names } of this.events.incomplete(child.id)) {
			if (id === child.id) continue;
			const events = this.events.after(id, 0);
			const answered = events.flatMap(({ message }) => ("method" in message ? [] : [message.id]));
			const left = ids.flatMap((request, index): AskedRequest[] => {
				return answered.includes(request) ? [] : [{ id: request, method: names[index] ?? "The call" }];
			});
			if (left.length === 0) {
				this.events.complete(id);
				continue;
			}
			const output = new StoredOutput(id, this.events, events.at(-1)?.sequence);
			child.adopt(this.#newCall(child, left, principal, output, id));
		}
	}

	#call(child: ChildSession, posted: Posted, principal: Principal, output: Output, id?: string): void {
		const asked = requests(posted.message);
		const call = asked.length > 0 ? this.#newCall(child, asked, principal, output, id) : undefined;
		if (call) child.begin(call);
		for (const [message, text] of each(posted)) child.tell(message, text);
	}

	#newCall(child: ChildSession, asked: readonly AskedRequest[], principal: Principal, output: Output, id?: string) {
		const call = new ChildCall({
			id: id ?? crypto.randomUUID(),
			session: child.id,
			grantId: principal.grantId,
			caller: principal,
			requests: asked,
			output,
			env: this.#env,
			oncancel: (request, reason) => child.cancel(request, reason),
			onend: () => {
				this.ended(call.id);
				child.ended(call);
			},
		});
		this.begin(call, output);
		return call;
	}

	/** Deletes the session of a child that has ended. */
	#forget(session: string, expiresAt: number): void {
		this.table.end(session, expiresAt);
		this.streams.endSession(session);
		this.events.deleteSession(session);
	}
}

/** The version becomes a part of the session's id, which is a header. */
function isVersion(version: unknown): boolean {
	return typeof version === "string" && /^[\w.-]{1,32}$/.test(version);
}

function needsOf({ method, params }: JSONRPCRequest): Gated {
	return { ...NEEDED, name: method === "tools/call" ? String(params?.name) : method };
}

/** The posted messages, each with its JSON text. The text of a message in a batch is serialized again. */
function each({ message, text }: Posted): (readonly [JSONRPCMessage, string])[] {
	if (!Array.isArray(message)) return [[message as JSONRPCMessage, text]];
	return message.map((one: JSONRPCMessage) => [one, JSON.stringify(one)] as const);
}
