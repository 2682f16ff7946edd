/** Stateless requests (MCP 2026-07-28): each client of a user has a child from its first request until it is idle. */
import { isJSONRPCRequest } from "@modelcontextprotocol/server";
import { type Principal, runAs } from "../../auth/principal.ts";
import { idOf, JSON_RPC, jsonRpcError } from "../../http/json-rpc.ts";
import { escapeLineEnds } from "../../http/line-ends.ts";
import { nameAllVersions } from "../../mcp/stateless.ts";
import { Pipe } from "../pipe.ts";
import { answerRefusal, type Refusal } from "../refusal.ts";
import { readStdioSettings } from "../settings.ts";
import { UserServer } from "./user-server.ts";

/** Each is a request to the child, and the response begins when all are answered. */
const MAX_SUBSCRIPTIONS = 100;
const TOO_MANY = `params.notifications.resourceSubscriptions: at most ${MAX_SUBSCRIPTIONS} resources at once`;

type Entry = {
	readonly found: Promise<UserServer | Refusal>;
	/** The grant of the newest request. */
	grantId: string;
	/** The number of requests in progress, including listening streams. */
	active: number;
	idle?: ReturnType<typeof setTimeout>;
};

export class UserServers {
	readonly #env: Env;
	readonly #openPipe: (principal: Principal) => Promise<Pipe | Refusal>;
	readonly #entries = new Map<string, Entry>();

	constructor(env: Env, openPipe: (principal: Principal) => Promise<Pipe | Refusal>) {
		this.#env = env;
		this.#openPipe = openPipe;
	}

	async answer(request: Request, message: unknown, principal: Principal): Promise<Response> {
		const key = keyOf(principal);
		const entry = this.#entries.get(key) ?? this.#start(key, principal);
		entry.grantId = principal.grantId;
		entry.active++;
		try {
			const server = await entry.found;
			if (!(server instanceof UserServer)) return answerRefusal(server, idOf(message), principal.requestId);
			const uris = subscribedResources(message);
			if (uris.length > MAX_SUBSCRIPTIONS) {
				return jsonRpcError(400, JSON_RPC.invalidParams, TOO_MANY, { id: idOf(message) });
			}
			await Promise.all(uris.map((uri) => server.subscribe(uri)));
			const response = await runAs(principal, () => server.answer(request, message));
			const isNaming = response.status === 400 || Object(message).method === "server/discover";
			entry.active++;
			return onceSent(isNaming ? await nameAllVersions(response) : escapeLineEnds(response), () => {
				this.#release(key, entry);
				for (const uri of uris) void server.unsubscribe(uri);
			});
		} catch (error) {
			const failure = { code: JSON_RPC.transport, message: error instanceof Error ? error.message : String(error) };
			return Response.json({ jsonrpc: "2.0", id: idOf(message), error: failure });
		} finally {
			this.#release(key, entry);
		}
	}

	/** Ends the children of a grant. */
	endGrant(grantId: string): void {
		for (const [key, entry] of this.#entries) if (entry.grantId === grantId) this.#end(key, entry, "Access has ended.");
	}

	endAll(): void {
		for (const [key, entry] of this.#entries) this.#end(key, entry, "The MCP server has stopped.");
	}

	#start(key: string, principal: Principal): Entry {
		const found = this.#connect(principal);
		const entry: Entry = { found, grantId: principal.grantId, active: 0 };
		this.#entries.set(key, entry);
		const forget = () => this.#entries.get(key) === entry && this.#entries.delete(key);
		found.then((server) => {
			if (server instanceof UserServer) server.onend = forget;
			else forget();
		}, forget);
		return entry;
	}

	async #connect(principal: Principal): Promise<UserServer | Refusal> {
		const pipe = await this.#openPipe(principal);
		return pipe instanceof Pipe ? UserServer.start(pipe, this.#env) : pipe;
	}

	/** Called when a request is finished. */
	#release(key: string, entry: Entry): void {
		entry.active--;
		clearTimeout(entry.idle);
		if (entry.active > 0) return;
		const seconds = readStdioSettings(this.#env).idleSeconds;
		entry.idle = setTimeout(() => this.#endIfIdle(key, entry), seconds * 1000);
	}

	async #endIfIdle(key: string, entry: Entry): Promise<void> {
		const server = await entry.found.catch(() => undefined);
		// A call may be waiting for its client's answers.
		if (server instanceof UserServer && server.isBusy()) {
			entry.active++;
			this.#release(key, entry);
		} else if (entry.active === 0) this.#end(key, entry, "The MCP server was not used for a long time.");
	}

	#end(key: string, entry: Entry, reason: string): void {
		clearTimeout(entry.idle);
		if (this.#entries.get(key) === entry) this.#entries.delete(key);
		const ended = entry.found.then((server) => (server instanceof UserServer ? server.end(reason) : undefined));
		// If it could not be started, there is nothing to end.
		ended.catch(() => {});
	}
}

/** The key of a child. It belongs to one client, and was started with the user's login and permissions. */
function keyOf({ clientId, user, permissions }: Principal): string {
	return JSON.stringify([clientId, user.login, permissions]);
}

/** @returns the URIs of the resources that a request subscribes to */
function subscribedResources(body: unknown): string[] {
	if (!isJSONRPCRequest(body) || body.method !== "subscriptions/listen") return [];
	const filter = body.params?.notifications;
	if (typeof filter !== "object" || filter === null || !("resourceSubscriptions" in filter)) return [];
	const uris: unknown = filter.resourceSubscriptions;
	return Array.isArray(uris) ? [...new Set(uris.filter((uri) => typeof uri === "string"))] : [];
}

/** @param done called once, when the whole body has been sent or the client has disconnected */
function onceSent(response: Response, done: () => void): Response {
	if (!response.body) {
		done();
		return response;
	}
	const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
	response.body
		.pipeTo(writable)
		.catch(() => {})
		.finally(done);
	return new Response(readable, response);
}
