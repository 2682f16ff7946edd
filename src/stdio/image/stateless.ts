/** `/mcp` of the stateless era (MCP 2026-07-28): a child for each user, started with the first request, ended when it is not used. */
import { randomUUID } from "node:crypto";
import { isJSONRPCRequest } from "@modelcontextprotocol/server";
import { JSON_RPC, tooManySessions } from "./answers.ts";
import type { Caller } from "./caller.ts";
import { log, messageOf } from "./log.ts";
import type { Sessions } from "./sessions.ts";
import type { Answer } from "./streamable.ts";
import { UserServer } from "./user-server.ts";

class Entry {
	readonly server: Promise<UserServer>;
	/** How many requests are being answered, streams that listen among them. */
	active = 0;
	idle: NodeJS.Timeout | undefined;
	/** How many streams listen for the changes of a resource. */
	readonly subscriptions = new Map<string, number>();

	constructor(server: Promise<UserServer>) {
		this.server = server;
	}
}

export class StatelessRoute {
	readonly #sessions: Sessions;
	readonly #entries = new Map<string, Entry>();

	constructor(sessions: Sessions) {
		this.#sessions = sessions;
	}

	/** @param body what was posted, parsed */
	async handle(request: Request, body: unknown, caller: Caller): Promise<Answer> {
		const key = keyOf(caller);
		if (!this.#entries.has(key) && this.#sessions.isFull()) return { response: tooManySessions() };
		const entry = this.#entries.get(key) ?? this.#start(caller, key);
		entry.active++;
		let uris: string[] = [];
		const onsent = () => {
			entry.active--;
			entry.idle?.refresh();
			for (const uri of uris) void unsubscribe(entry, uri);
		};
		try {
			const server = await entry.server;
			uris = subscribedResources(body);
			await Promise.all(uris.map((uri) => subscribe(entry, uri)));
			return { response: await server.handler.fetch(request, { parsedBody: body }), onsent };
		} catch (error) {
			const id = isJSONRPCRequest(body) ? body.id : null;
			const failure = { code: JSON_RPC.transport, message: messageOf(error) };
			return { response: Response.json({ jsonrpc: "2.0", id, error: failure }), onsent };
		}
	}

	#start(caller: Caller, key: string): Entry {
		const { limits } = this.#sessions;
		const id = randomUUID();
		const child = this.#sessions.start(caller, id);
		const started = typeof child === "string" ? Promise.reject(new Error(child)) : UserServer.start(child, limits);
		const entry = new Entry(started);
		this.#entries.set(key, entry);
		let isEnded = false;
		const end = async (reason: string) => {
			if (isEnded) return;
			isEnded = true;
			log("session_end", { session: id, reason });
			// Also while it is being started, which may take a minute.
			if (typeof child !== "string") void child.end();
			clearTimeout(entry.idle);
			if (this.#entries.get(key) === entry) this.#entries.delete(key);
			const ending = started.then(
				(server) => server.end(reason),
				() => {},
			);
			release(ending);
			await ending;
		};
		const release = this.#sessions.hold(end);
		started.then(
			(server) => {
				server.onend = () => void end("The MCP server ended.");
				const check = () => {
					if (entry.active > 0 || server.isBusy()) entry.idle?.refresh();
					else void end("The MCP server was not used for a long time.");
				};
				entry.idle = setTimeout(check, limits.statelessIdleMilliseconds);
			},
			(error) => end(messageOf(error)),
		);
		return entry;
	}
}

/** A child has got its user's name and permissions, and what it asks is for one app: with others it is another one. */
function keyOf({ id, clientId, login, permissions }: Caller): string {
	return JSON.stringify([id, clientId, login, permissions]);
}

/** @returns the resources whose changes a request wants to hear of */
function subscribedResources(body: unknown): string[] {
	if (!isJSONRPCRequest(body) || body.method !== "subscriptions/listen") return [];
	const filter = body.params?.notifications;
	if (typeof filter !== "object" || filter === null || !("resourceSubscriptions" in filter)) return [];
	const uris: unknown = filter.resourceSubscriptions;
	return Array.isArray(uris) ? [...new Set(uris.filter((uri) => typeof uri === "string"))] : [];
}

async function subscribe({ server, subscriptions }: Entry, uri: string): Promise<void> {
	const count = subscriptions.get(uri) ?? 0;
	subscriptions.set(uri, count + 1);
	if (count === 0) await (await server).subscribe(uri);
}

async function unsubscribe({ server, subscriptions }: Entry, uri: string): Promise<void> {
	const count = (subscriptions.get(uri) ?? 0) - 1;
	if (count > 0) subscriptions.set(uri, count);
	else if (subscriptions.delete(uri)) await (await server).unsubscribe(uri);
}
