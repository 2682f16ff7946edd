/** The sessions of a user on a local server without containers. The bridge program runs beside the Worker. */
import { DurableObject } from "cloudflare:workers";
import { PIPE_PATH } from "../bridge/contract.ts";
import { acceptSocket, socketOf, socketsOf } from "../mcp/object/bare-sockets.ts";
import { StdioSessions } from "./sessions.ts";
import { readStdioSettings } from "./settings.ts";

export class StdioLocal extends DurableObject<Env> {
	readonly #sessions = new StdioSessions(
		this.env,
		{
			sql: this.ctx.storage.sql,
			sockets: (tag) => socketsOf(this.ctx, tag),
			tidyIn: (seconds) => this.ctx.waitUntil(this.#tidyIn(seconds)),
		},
		(headers) => this.#connect(headers),
	);

	get sessions(): StdioSessions {
		return this.#sessions;
	}

	override async fetch(request: Request): Promise<Response> {
		return this.#sessions.fetch(request, (stream) =>
			acceptSocket(this.ctx, stream, (socket) => this.#sessions.openStream(socket, stream)),
		);
	}

	override webSocketClose(socket: WebSocket): void {
		this.#sessions.streamClosed(socketOf(socket).state);
	}

	override alarm(): void {
		this.#sessions.tidy();
	}

	async #connect(headers: Record<string, string>): Promise<Response> {
		const { place } = readStdioSettings(this.env);
		if (place === undefined || place === "container") throw new Error("STDIO_URL is not set");
		return fetch(place.url + PIPE_PATH, { headers: { ...headers, Authorization: `Bearer ${place.secret}` } });
	}

	async #tidyIn(seconds: number): Promise<void> {
		const { storage } = this.ctx;
		const at = Date.now() + seconds * 1000;
		const known = await storage.getAlarm();
		if (known === null || at < known) await storage.setAlarm(at);
	}
}
