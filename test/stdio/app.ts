/** An app that has signed in to the stdio server, without an SDK in between: each request and each answer as it is on the wire. */
import { expect, vi } from "vitest";
import { EventReader } from "../support/sse.ts";
import { stateless } from "../support/stateless.ts";
import { type Incoming, messagesOf, nextMessage, readMessages } from "../support/wire.ts";
import { type Connection, connect } from "./connection.ts";
import type { SignedIn, SignInOptions, Stdio } from "./door.ts";

export type Message = Record<string, unknown>;
type Headers = Readonly<Record<string, string>>;
type RequestOptions = {
	path?: string;
	/** A session's id. */
	session?: string;
	headers?: Headers;
};

export const LATEST = "2025-11-25";
const WAIT_MILLISECONDS = 15_000;

export function initialize(capabilities: object = {}, protocolVersion = LATEST): Message {
	const clientInfo = { name: "raw", version: "1" };
	return { jsonrpc: "2.0", id: 0, method: "initialize", params: { protocolVersion, capabilities, clientInfo } };
}

/** @param progressToken with which the child is asked to report progress */
export function toolCall(id: number | string, name: string, args: object = {}, progressToken?: string): Message {
	const _meta = progressToken === undefined ? {} : { _meta: { progressToken } };
	return { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args, ..._meta } };
}

export const ping = (id: number): Message => ({ jsonrpc: "2.0", id, method: "ping" });

/** The text of a tool's result. */
export function textOf({ result }: Pick<Incoming, "result">): string {
	const [first] = (result?.content ?? []) as { text?: string }[];
	return first?.text ?? "";
}

/** Waits until an expectation holds. */
export async function eventually(holds: () => void | Promise<void>): Promise<void> {
	await vi.waitFor(holds, { timeout: WAIT_MILLISECONDS, interval: 30 });
}

export class App {
	readonly stdio: Stdio;
	readonly email: string;
	readonly tokens: SignedIn;
	readonly #headers: Headers;

	/** @param headers of each request, beside the usual ones */
	constructor(stdio: Stdio, email: string, tokens: SignedIn, headers: Headers = {}) {
		this.stdio = stdio;
		this.email = email;
		this.tokens = tokens;
		this.#headers = headers;
	}

	/** @param body a message, or the text of one; nothing is sent if there is none */
	send(method: string, body?: object | string, options: RequestOptions = {}): Promise<Response> {
		const { url, init } = this.#request(method, body, options);
		return fetch(url, init);
	}

	/** The same, on a connection that can break. */
	connect(method: string, body?: object | string, options: RequestOptions = {}): Connection {
		const { url, init } = this.#request(method, body, options);
		return connect(url, init);
	}

	#request(method: string, body: object | string | undefined, options: RequestOptions) {
		const { path = "/stdio/mcp", session, headers } = options;
		const text = typeof body === "object" ? JSON.stringify(body) : body;
		const sent = {
			Accept: "application/json, text/event-stream",
			Authorization: `Bearer ${this.tokens.access_token}`,
			...(text !== undefined && { "Content-Type": "application/json" }),
			...(session !== undefined && { "Mcp-Session-Id": session }),
			...this.#headers,
			...headers,
		};
		return {
			url: this.stdio.origin + path,
			init: { method, headers: sent, ...(text !== undefined && { body: text }) },
		};
	}

	post(body: object | string, options?: RequestOptions): Promise<Response> {
		return this.send("POST", body, options);
	}

	/** Opens a session over Streamable HTTP. @param opening the request that opens it */
	async open(opening = initialize()): Promise<Session> {
		const response = await this.post(opening);
		const messages = await readMessages(response);
		const id = response.headers.get("Mcp-Session-Id");
		if (!id) throw new Error(`No session was opened: ${response.status} ${JSON.stringify(messages)}`);
		const session = new Session(this, id, answerIn(messages));
		await session.post({ jsonrpc: "2.0", method: "notifications/initialized" });
		return session;
	}

	/** Opens a session over HTTP+SSE, and initializes it. @throws Error with the answer, if there is none */
	async openSse(opening = initialize()): Promise<SseSession> {
		const session = await SseSession.connect(this);
		expect((await session.post(opening)).status).toBe(202);
		const { error } = await session.answerTo(opening.id);
		if (error) session.close();
		if (error) throw new Error(error.message);
		await session.post({ jsonrpc: "2.0", method: "notifications/initialized" });
		return session;
	}

	/** A request without a session (2026-07-28). @param what its method, its parameters, and what the client can do */
	stateless(...what: Parameters<typeof stateless>): Promise<Response> {
		const { headers, message } = stateless(...what);
		return this.post(message, { headers });
	}

	/** The same, on a connection that can break. */
	connectStateless(...what: Parameters<typeof stateless>): Connection {
		const { headers, message } = stateless(...what);
		return this.connect("POST", message, { headers });
	}

	/** Calls a tool without a session. @returns the answer */
	async callStateless(name: string, args: object = {}, more: Message = {}, capabilities = {}): Promise<Incoming> {
		const response = await this.stateless("tools/call", { name, arguments: args, ...more }, capabilities);
		return answerIn(await readMessages(response));
	}

	async pidStateless(): Promise<number> {
		return JSON.parse(textOf(await this.callStateless("environment"))).pid;
	}
}

/** A session over Streamable HTTP. */
export class Session {
	readonly app: App;
	readonly id: string;
	/** The answer to `initialize`. */
	readonly opened: Incoming;

	constructor(app: App, id: string, opened: Incoming) {
		this.app = app;
		this.id = id;
		this.opened = opened;
	}

	send(method: string, body?: object | string, headers: Headers = {}): Promise<Response> {
		return this.app.send(method, body, this.#options(headers));
	}

	post(body: object | string): Promise<Response> {
		return this.send("POST", body);
	}

	/** A request on a connection that can break. */
	connect(method: string, body?: object, headers: Headers = {}): Connection {
		return this.app.connect(method, body, this.#options(headers));
	}

	#options(headers: Headers): RequestOptions {
		const version = this.opened.result?.protocolVersion ?? "";
		return { session: this.id, headers: { "MCP-Protocol-Version": version, ...headers } };
	}

	call(...call: Parameters<typeof toolCall>): Promise<Response> {
		return this.post(toolCall(...call));
	}

	/** Calls a tool. @returns the answer, whatever came before it */
	async ask(name: string, args: object = {}, id = 1): Promise<Incoming> {
		return answerIn(await readMessages(await this.call(id, name, args)));
	}

	/** Opens the stream of what belongs to no request, or goes on with one that broke. */
	listen(lastEventId?: string): Promise<Response> {
		return this.send("GET", undefined, lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId });
	}

	end(): Promise<Response> {
		return this.send("DELETE");
	}

	/** What the child knows of itself. */
	async environment(): Promise<{ pid: number; env: Record<string, string> }> {
		return JSON.parse(textOf(await this.ask("environment")));
	}

	async pid(): Promise<number> {
		return (await this.environment()).pid;
	}

	/** The lines that the child has read. */
	async heard(): Promise<string[]> {
		return JSON.parse(textOf(await this.ask("heard", {}, 1_000)));
	}
}

/** A session over HTTP+SSE: one stream, and messages posted beside it. */
export class SseSession {
	readonly app: App;
	/** Where messages go. */
	readonly endpoint: string;
	readonly events: EventReader;
	readonly #connection: Connection;

	private constructor(app: App, endpoint: string, events: EventReader, connection: Connection) {
		this.app = app;
		this.endpoint = endpoint;
		this.events = events;
		this.#connection = connection;
	}

	/** @throws Error with the answer, if no stream is opened */
	static async connect(app: App, path = "/stdio/sse"): Promise<SseSession> {
		const connection = app.connect("GET", undefined, { path });
		const response = await connection.response;
		if (!response.ok) throw new Error(`No session was opened: ${response.status} ${await response.text()}`);
		const events = new EventReader(response);
		const opening = await events.next();
		expect(opening?.event).toBe("endpoint");
		return new SseSession(app, opening?.data ?? "", events, connection);
	}

	post(body: object | string, app = this.app): Promise<Response> {
		return app.post(body, { path: this.endpoint });
	}

	receive(): Promise<Incoming> {
		return nextMessage(this.events);
	}

	/** Passes over what is no answer to this request. */
	async answerTo(id: unknown): Promise<Incoming> {
		for (;;) {
			const message = await this.receive();
			if (message.id === id && message.method === undefined) return message;
		}
	}

	async ask(name: string, args: object = {}, id: number | string = 1): Promise<Incoming> {
		await this.post(toolCall(id, name, args));
		return this.answerTo(id);
	}

	async pid(): Promise<number> {
		return JSON.parse(textOf(await this.ask("environment"))).pid;
	}

	/** What comes until the stream ends. */
	async rest(): Promise<Incoming[]> {
		const messages: Incoming[] = [];
		for (let event = await this.events.next(); event; event = await this.events.next()) {
			messages.push(JSON.parse(event.data));
		}
		return messages;
	}

	close(): void {
		this.#connection.reset();
	}
}

function answerIn(messages: readonly Incoming[]): Incoming {
	const answer = messages.find(({ method }) => method === undefined);
	if (!answer) throw new Error(`No answer among ${JSON.stringify(messages)}`);
	return answer;
}

/** Signs somebody in. */
export async function appOf(stdio: Stdio, email: string, options?: SignInOptions): Promise<App> {
	return new App(stdio, email, await stdio.signIn(email, options));
}

let users = 0;

/** Signs in somebody whom no other test knows; or the user of another app, with a client of its own. */
export function newApp(stdio: Stdio, { email }: { readonly email?: string } = {}): Promise<App> {
	if (email === undefined) users += 1;
	return appOf(stdio, email ?? `user-${users}@example.com`);
}

/** The first messages of an answer, whichever form it has; hangs up after them. */
export async function firstMessages(response: Response, count: number): Promise<Incoming[]> {
	const next = messagesOf(response);
	const messages: Incoming[] = [];
	while (messages.length < count) messages.push(await next());
	return messages;
}
