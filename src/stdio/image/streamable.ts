/** `/mcp` of the eras with sessions (Streamable HTTP, 2025-03-26 to 2025-11-25): a child for each session. */
import { randomUUID } from "node:crypto";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { isInitializeRequest, isJSONRPCRequest, type RequestId } from "@modelcontextprotocol/sdk/types.js";
import { JSON_RPC, jsonRpcError, sessionNotFound, tooManySessions } from "./answers.ts";
import type { Caller } from "./caller.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

/** A response, and what is to be done when it was sent or nobody listens to it any more. */
export type Answer = { readonly response: Response; readonly onsent?: () => void };

type Entry = {
	readonly session: Session;
	readonly transport: WebStandardStreamableHTTPServerTransport;
	/** Requests that share a stream with others (2025-03-26). */
	readonly batched: Set<RequestId>;
};

export class StreamableRoute {
	readonly #sessions: Sessions;
	readonly #entries = new Map<string, Entry>();

	constructor(sessions: Sessions) {
		this.#sessions = sessions;
	}

	/** @param body what was posted, parsed */
	async handle(request: Request, body: unknown, caller: Caller): Promise<Answer> {
		const id = request.headers.get("Mcp-Session-Id");
		if (id === null) return { response: await this.#open(request, body, caller) };
		const entry = this.#entries.get(id);
		if (!entry?.session.belongsTo(caller)) return { response: sessionNotFound() };
		if (request.method === "GET") return this.#listen(request, entry);
		const ids = requestIds(body);
		if (Array.isArray(body)) for (const one of ids) entry.batched.add(one);
		const response = await entry.transport.handleRequest(request, { parsedBody: body });
		const onsent = () => {
			entry.session.unheard(ids);
			for (const one of ids) entry.batched.delete(one);
		};
		return { response, onsent };
	}

	async #open(request: Request, body: unknown, caller: Caller): Promise<Response> {
		if (!isInitializeRequest(body)) {
			return jsonRpcError(400, JSON_RPC.transport, "Bad Request: Mcp-Session-Id header is required");
		}
		if (this.#sessions.isFull()) return tooManySessions();
		const id = randomUUID();
		const transport = new WebStandardStreamableHTTPServerTransport({
			sessionIdGenerator: () => id,
			onsessionclosed: () => void session.end("The session was ended."),
		});
		const session = this.#sessions.open(transport, caller, id, () => this.#entries.delete(id));
		// The stream of a request that was given up would wait for ever.
		const batched = new Set<RequestId>();
		session.oncancelled = (requestId) => !batched.delete(requestId) && transport.closeSSEStream(requestId);
		this.#entries.set(id, { session, transport, batched });
		const response = await transport.handleRequest(request, { parsedBody: body });
		if (!response.ok) void session.end("The request was not valid.");
		return response;
	}

	/** The stream of what belongs to no request. A client that asks for it again has lost the one it had. */
	async #listen(request: Request, { session, transport }: Entry): Promise<Answer> {
		transport.closeStandaloneSSEStream();
		const response = await transport.handleRequest(request);
		if (!response.ok) return { response };
		return { response, onsent: session.openStream() };
	}
}

function requestIds(body: unknown): RequestId[] {
	const messages: unknown[] = Array.isArray(body) ? body : [body];
	return messages.filter((message) => isJSONRPCRequest(message)).map(({ id }) => id);
}
