/** `/sse` and `/sse/message` (HTTP+SSE, 2024-11-05): a child for each stream. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { sessionNotFound, tooManySessions } from "./answers.ts";
import type { Caller } from "./caller.ts";
import { log, shorten } from "./log.ts";
import { sendResponse } from "./node-http.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

const MESSAGE_PATH = "/sse/message";
/** A comment keeps the stream open, and finds out that the client has gone: through the Worker, the second one does. */
const KEEP_ALIVE_MILLISECONDS = 5_000;

/** A client that reads less is cut off: the memory is everyone's. */
const MAX_UNREAD_BYTES = 128 * 1024 * 1024;

export class SseRoute {
	readonly #sessions: Sessions;
	readonly #entries = new Map<string, { readonly session: Session; readonly transport: SSEServerTransport }>();

	constructor(sessions: Sessions) {
		this.#sessions = sessions;
	}

	/** Opens the stream, whose first event says where to post: as the client sees it, in front of the Worker. */
	async open(req: IncomingMessage, res: ServerResponse, caller: Caller): Promise<void> {
		if (this.#sessions.isFull()) return sendResponse(tooManySessions(), res);
		const transport = new SSEServerTransport(String(req.headers["x-mcp-sse-path"] ?? MESSAGE_PATH), res);
		const id = transport.sessionId;
		const session = this.#sessions.open(transport, caller, id, () => this.#entries.delete(id));
		this.#entries.set(id, { session, transport });
		// Without a listener, a write to a client that has gone would end the whole process.
		res.on("error", (error) => log("client_error", { session: id, message: shorten(error.message) }));
		const keepAlive = setInterval(() => {
			if (res.writableLength > MAX_UNREAD_BYTES) res.destroy();
			else if (!res.writableEnded) res.write(": keepalive\n\n");
		}, KEEP_ALIVE_MILLISECONDS);
		res.once("close", () => clearInterval(keepAlive));
		await transport.start();
		session.openStream();
	}

	/** @param body what was posted, parsed */
	async post(req: IncomingMessage, res: ServerResponse, body: unknown, caller: Caller): Promise<void> {
		const id = new URL(req.url ?? "/", "http://bridge").searchParams.get("sessionId");
		const entry = id === null ? undefined : this.#entries.get(id);
		if (!entry?.session.belongsTo(caller)) return sendResponse(sessionNotFound(), res);
		await entry.transport.handlePostMessage(req, res, body);
	}
}
